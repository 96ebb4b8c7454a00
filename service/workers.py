"""Several processes that serve on one port, and one that looks after them."""

import logging
import os
import signal
import socket
import time
from typing import Final

from starlette.types import ASGIApp
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess
from uvicorn.supervisors.multiprocess import Process

from service.limits.server import configuration, server
from service.settings import Settings

_PAUSE: Final = 5.0  # seconds until a worker that could not start is tried again
_log: Final = logging.getLogger("cardwise.workers")


class Workers(Multiprocess):
    """Starts the workers, replaces those that die, and hands signals on."""

    _tried = 0.0  # when one was last tried that could not start

    def keep_subprocess_alive(self) -> None:
        """Replace those that died.

        By default, one that cannot start ends the service. But where others serve, what it cannot
        start with is new, such as a configuration file that has been changed: they go on.
        """
        for place, process in enumerate(self.processes):
            if self.should_exit.is_set() or self._lives(process):
                continue
            if process.exitcode == STARTUP_FAILURE and time.monotonic() < self._tried + _PAUSE:
                continue
            process.kill()
            process.join()
            if process.exitcode != STARTUP_FAILURE:
                _log.warning("worker %s has ended (%s)", process.pid, process.exitcode)
            elif not self._serves():
                _log.error("no worker can start, and the service ends")
                self.should_exit.set()
                return
            else:
                self._tried = time.monotonic()
                _log.error("a worker cannot start; others go on, and it is tried again")
            self.processes[place] = Process(self.config, self.sockets)
            self.processes[place].start()

    def _lives(self, process: Process) -> bool:
        return process.is_alive(self.config.timeout_worker_healthcheck)

    def _serves(self) -> bool:
        """Whether there is a worker that has started."""
        seconds = self.config.timeout_worker_healthcheck
        return any(each.exitcode is None and each.is_ready(seconds) for each in self.processes)

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
