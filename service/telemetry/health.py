"""`GET /healthz`, that the process is alive, and `GET /readyz`, that calls may be sent to it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from service import __version__

_log: Final = logging.getLogger("cardwise.health")
Check = Callable[[], Awaitable[bool]]


def faultless(name: str, fault: Callable[[], Awaitable[str]]) -> Check:
    """The check that there is no fault; one that there is gets logged."""

    async def check() -> bool:
        found = await fault()
        if found:
            _log.warning("a check failed", extra={"facts": {"check": name, "fault": found}})
        return not found

    return check


class Readiness:
    """Named checks of what calls need. A FHIR server that is down is no such thing.

    Attributes:
        serving: whether start-up is over, and shutdown has not begun.
    """

    def __init__(self, checks: Mapping[str, Check], patience: float = 1.0) -> None:
        """Make it.

        Args:
            checks: by name; each says whether its part can be used, or raises.
            patience: seconds after which a check that has not ended has failed.
        """
        self.serving = False
        self._checks = dict(checks)
        self._patience = patience
        self._under_way: dict[str, asyncio.Future[bool]] = {}

    async def report(self) -> dict[str, bool]:
        """Each check by name, and whether it holds."""
        held = await asyncio.gather(*map(self._holds, self._checks))
        return {"serving": self.serving, **dict(zip(self._checks, held, strict=True))}

    async def _holds(self, name: str) -> bool:
        """Run one check. One that hangs is not begun again, however often it is asked for."""
        task = self._under_way.get(name)
        if task is None:
            task = asyncio.ensure_future(self._checks[name]())
            self._under_way[name] = task
            task.add_done_callback(lambda done: self._end(name, done))
        await asyncio.wait({task}, timeout=self._patience)
        return task.done() and not task.cancelled() and not task.exception() and task.result()

    def _end(self, name: str, task: asyncio.Future[bool]) -> None:
        del self._under_way[name]
        if not task.cancelled() and (error := task.exception()):
            facts = {"check": name, "error": type(error).__name__}
            _log.warning("a check broke", extra={"facts": facts})


async def health(_: Request) -> Response:
    """That the process answers."""
    return JSONResponse({"status": "ok", "version": __version__})


async def ready(request: Request) -> Response:
    """Whether calls may be sent here: 200, or 503 with the names of what is amiss."""
    report = await request.app.state.cardwise.readiness.report()
    holds = all(report.values())
    if not holds:
        amiss = [name for name, held in report.items() if not held]
        _log.warning("not ready", extra={"facts": {"failed": amiss}})
    checks = {name: "ok" if held else "failed" for name, held in report.items()}
    body = {"status": "ready" if holds else "not ready", "checks": checks}
    return JSONResponse(body, 200 if holds else 503, headers={"Cache-Control": "no-store"})
