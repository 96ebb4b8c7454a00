"""Around every request: its id, its line in the log, its count, and its span."""

import logging
import time
from contextlib import nullcontext
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.telemetry import exchange as exchanges
from service.telemetry.exchange import Exchange
from service.telemetry.metrics import Metrics
from service.telemetry.traces import Traces

_log: Final = logging.getLogger("cardwise.requests")
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"})
# What asks every few seconds is counted, and logged only when everything is.
_PROBES: Final = frozenset({"/healthz", "/readyz", "/metrics"})


class Requests:
    """Tells of every request under its id. The outermost layer, so that nothing escapes it."""

    def __init__(self, app: ASGIApp, metrics: Metrics, traces: Traces | None) -> None:
        """Wrap an app.

        Args:
            app: answers.
            metrics: counts the answers.
            traces: makes spans; None where nobody wants them.
        """
        self.app = app
        self._metrics = metrics
        self._traces = traces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app with an exchange of its own."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        exchange = exchanges.begin(scope["headers"], scope.setdefault("state", {}))
        status = 0

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"].append((b"x-request-id", exchange.id.encode()))
            await send(message)

        traces = self._traces if scope["path"].startswith("/cds-services") else None
        token = exchanges.enter(exchange)
        try:
            with traces.request(exchange) if traces else nullcontext():
                try:
                    await self.app(scope, receive, named)
                finally:
                    self._note(scope, exchange, status, time.perf_counter() - started)
        finally:
            exchanges.leave(token)

    def _note(self, scope: Scope, exchange: Exchange, status: int, seconds: float) -> None:
        """Count the answer, and log it. A status of 0 says that the caller did not wait for it."""
        route = getattr(scope.get("route"), "path", "")
        self._metrics.answered(route, status)
        level = logging.DEBUG if route in _PROBES else logging.INFO
        facts = {
            "method": scope["method"] if scope["method"] in _METHODS else "other",
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 2),
            "tenant": exchange.tenant,
            **exchange.facts,
        }
        exchange.facts = facts
        if _log.isEnabledFor(level):
            _log.log(level, "answered", extra={"facts": facts})
