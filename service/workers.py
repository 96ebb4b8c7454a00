"""Several processes that serve on one port, and one that looks after them."""

import os
import signal
import socket

from starlette.types import ASGIApp
from uvicorn.supervisors import Multiprocess

from service.limits.server import configuration, server
from service.settings import Settings


class Workers(Multiprocess):
    """Starts the workers, replaces those that die, and hands signals on."""

    def handle_hup(self) -> None:
        """Have each worker read the tenants again; by default they would be started anew."""
        for process in self.processes:
            ready = process.wait_until_ready(self.config.timeout_worker_healthcheck)
            if ready and process.pid is not None:
                os.kill(process.pid, signal.SIGHUP)


def serve(app: ASGIApp, settings: Settings, listener: socket.socket) -> int:
    """Serve on a port until told to stop; return the exit status, 1 when calls were cut off.

    Args:
        app: what is served, if by this process; each of several workers makes its own.
        settings: how many workers there are, and what limits connections.
        listener: the open port.
    """
    if settings.workers == 1:
        alone = server(app, settings)
        alone.run(sockets=[listener])
        return 1 if alone.cut else 0
    os.environ["PORT"] = str(listener.getsockname()[1])  # which may have been 0
    config = configuration(
        "service.app:from_environment",
        settings,
        http="service.limits.connection:Connection",
        workers=settings.workers,
    )
    Workers(config, [listener]).run()
    return 0
