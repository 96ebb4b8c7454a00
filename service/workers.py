"""Several processes that serve on one port, and one that looks after them."""

import os
import signal
import socket

import uvicorn
from starlette.types import ASGIApp
from uvicorn.supervisors import Multiprocess


class Workers(Multiprocess):
    """Starts the workers, replaces those that die, and hands signals on."""

    def handle_hup(self) -> None:
        """Have each worker read the tenants again; by default they would be started anew."""
        for process in self.processes:
            ready = process.wait_until_ready(self.config.timeout_worker_healthcheck)
            if ready and process.pid is not None:
                os.kill(process.pid, signal.SIGHUP)


def serve(app: ASGIApp, number: int, listener: socket.socket) -> None:
    """Serve on a port until interrupted.

    Args:
        app: what is served, if by this process; each of several workers makes its own.
        number: how many processes serve.
        listener: the open port.
    """
    made = app if number == 1 else "service.app:from_environment"
    config = uvicorn.Config(
        made,
        factory=number > 1,
        workers=number,
        access_log=False,
        log_config=None,  # its lines go the way of ours
        server_header=False,
    )
    if number == 1:
        uvicorn.Server(config).run(sockets=[listener])
    else:
        os.environ["PORT"] = str(listener.getsockname()[1])  # which may have been 0
        Workers(config, [listener]).run()
