"""The server: uvicorn, stopped so that no call is lost."""

import asyncio
import logging
import resource
import socket
from types import FrameType
from typing import Final

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.limits.connection import Connection, ConnectionLimits, connections_within
from service.outcomes import busy
from service.settings import Settings

_log: Final = logging.getLogger("cardwise")
_TURN: Final = 0.05
# Connections to FHIR servers, the store, what the interpreter has open.
_OTHER_FILES: Final = 500


class Server(uvicorn.Server):
    """uvicorn's server with an orderly end.

    The first SIGTERM or SIGINT closes the port, lets calls that began end, and closes connections
    as they fall idle. A second, or the end of the time allowed, cuts off what is left.

    Attributes:
        cut: how many calls were cut off.
    """

    cut = 0

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop; when told again, at once."""
        # not uvicorn's: it would raise the signal again at the end, and the exit status be 143
        del sig, frame
        self.force_exit = self.should_exit
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the port, wait for what is under way, then let the app close its stores."""
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await self._ended()
        self.cut = len(self.server_state.tasks)
        for task in list(self.server_state.tasks):
            task.cancel()
        await asyncio.gather(*self.server_state.tasks, return_exceptions=True)
        await self.lifespan.shutdown()

    async def _ended(self) -> None:
        """Return when nothing is under way, when told to, or when the time is over."""
        loop = asyncio.get_running_loop()
        until = loop.time() + (self.config.timeout_graceful_shutdown or 0)
        state = self.server_state
        while state.connections or state.tasks:
            if self.force_exit or loop.time() >= until:
                return
            await asyncio.sleep(_TURN)


class _Ended:
    """Answers 503 for a call that is cut off, of which uvicorn would log a traceback."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except asyncio.CancelledError:  # by `shutdown`: there is nobody above who waits for it
            _log.error("a call was cut off: the process is to stop")
            if not begun:
                await busy("The service is being stopped.")(scope, receive, send)


def server(app: ASGIApp, settings: Settings) -> Server:
    """The server for an app."""
    _allow_files(settings.max_connections + _OTHER_FILES)
    return Server(configuration(_Ended(app), settings, http=connections_within(_limits(settings))))


def configuration(
    app: ASGIApp | str, settings: Settings, *, http: type[Connection] | str, workers: int = 1
) -> uvicorn.Config:
    """How uvicorn serves: an app of this process, or one that each of several workers makes."""
    return uvicorn.Config(
        app,
        factory=isinstance(app, str),
        workers=workers,
        http=http,
        ws="none",
        access_log=False,
        log_config=None,  # its lines go the way of ours
        server_header=False,
        timeout_keep_alive=settings.idle_seconds,
        timeout_graceful_shutdown=settings.stop_seconds,
    )


def bound(settings: Settings) -> None:
    """Put the settings' limits on connections of a server that others started for us."""
    _allow_files(settings.max_connections + _OTHER_FILES)
    Connection.limits = _limits(settings)


def _limits(settings: Settings) -> ConnectionLimits:
    return ConnectionLimits(seconds=settings.receive_seconds, connections=settings.max_connections)


def _allow_files(count: int) -> None:
    """Let the process have so many files open, where the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        most = count if hard == resource.RLIM_INFINITY else min(count, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
