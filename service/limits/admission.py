"""Which calls are taken on; the others are answered 503 before their token or body is looked at.

Service calls wait in a `Queue`, and only so many may be under way. Feedback has a small share of
its own. Discovery, health, metrics and pages are always answered.
"""

from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from service.limits.queue import Queue
from service.outcomes import busy
from service.telemetry.metrics import Metrics

_MOST_FEEDBACK: Final = 64
_CALLS: Final = "/cds-services/"


class Admission:
    """ASGI middleware: takes a call on, or answers 503 with Retry-After."""

    def __init__(self, app: ASGIApp, metrics: Metrics, max_calls: int, patience: float) -> None:
        """Wrap an app.

        Args:
            app: what answers.
            metrics: counts what was turned away.
            max_calls: how many service calls may be under way or waiting.
            patience: seconds calls wait for their turn before there are too many.
        """
        self._app = app
        self._metrics = metrics
        self._queue = Queue(patience)
        # made once: what is turned away must cost little
        self._answer = busy("More calls came than can be answered in time.")
        self._most = {"call": max_calls, "feedback": _MOST_FEEDBACK}
        self._under_way = {"call": 0, "feedback": 0}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        kind = _kind(scope)
        if not kind:
            await self._app(scope, receive, send)
        elif self._under_way[kind] < self._most[kind]:
            self._under_way[kind] += 1
            try:
                if kind == "feedback" or await self._queue.turn():
                    await self._app(scope, receive, send)
                else:
                    await self._turn_away(scope, receive, send)
            finally:
                self._under_way[kind] -= 1
        else:
            await self._turn_away(scope, receive, send)

    async def _turn_away(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._metrics.refused("overload")
        await self._answer(scope, receive, send)


def _kind(scope: Scope) -> str:
    """Which share a request belongs to; "" for those that are always answered."""
    if scope["type"] != "http" or scope["method"] != "POST" or _CALLS not in scope["path"]:
        return ""
    return "feedback" if scope["path"].endswith("/feedback") else "call"
