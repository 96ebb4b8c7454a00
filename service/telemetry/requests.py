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
        above = scope.get("root_path", "")
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
                    route = _route(scope, above)
                    self._note(route, scope["method"], exchange, status, started)
        finally:
            exchanges.leave(token)

    def _note(
        self, route: str, method: str, exchange: Exchange, status: int, started: float
    ) -> None:
        """Count the answer, and log it. A status of 0 says that the caller did not wait for it."""
        self._metrics.answered(route, status)
        exchange.facts = {
            "method": method if method in _METHODS else "other",
            "route": route,
            "status": status,
            "ms": round((time.perf_counter() - started) * 1000, 2),
            "tenant": exchange.tenant,
            **exchange.facts,
        }
        level = logging.DEBUG if route in _PROBES else logging.INFO
        if _log.isEnabledFor(level):
            _log.log(level, "answered", extra={"facts": exchange.facts})


def _route(scope: Scope, above: str) -> str:
    """The pattern that the path fits, as this service has it; "" when it fits none.

    Args:
        scope: the request, with what routing added to it.
        above: the path that whoever is in front of the service took off.
    """
    found: str = getattr(scope.get("route"), "path", "")
    mounted: str = scope.get("root_path", "").removeprefix(above)
    return mounted + found
