"""Numbers for Prometheus: how calls end, how long they take, and what became of each piece of data.

Labels are names of ours (services, hooks, keys, states, rules), never anything from a request.
"""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from prefetch.data import Data

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0)


class Metrics:
    """The process' counters. Each app has its own, so that tests do not share them."""

    def __init__(self) -> None:
        """Start at zero."""
        self._registry = CollectorRegistry()
        self._calls = Counter(
            "cardwise_calls",
            "Calls answered.",
            ("service", "hook", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "cardwise_call_seconds",
            "Time from the request to its answer.",
            ("service", "hook"),
            registry=self._registry,
            buckets=_SECONDS,
        )
        self._data = Counter(
            "cardwise_data",
            "Pieces of data by how they ended.",
            ("key", "state", "reason"),
            registry=self._registry,
        )
        self._rules = Counter(
            "cardwise_rules", "Rules by how they ended.", ("rule", "end"), registry=self._registry
        )

        self._refusals = Counter(
            "cardwise_refusals",
            "Calls not admitted: tokens by what was wrong with them, and calls over budget.",
            ("reason",),
            registry=self._registry,
        )

        self._feedback = Counter(
            "cardwise_feedback", "Feedback by what became of it.", ("end",), registry=self._registry
        )
        self._lost = Counter(
            "cardwise_audit_lost",
            "Calls whose row of the audit trail could not be stored.",
            registry=self._registry,
        )

    def feedback(self, end: str, pieces: int) -> None:
        """Count feedback that was stored, not stored, or about an unknown card."""
        self._feedback.labels(end).inc(pieces)

    def audit_lost(self, rows: int) -> None:
        """Count calls that are missing in the audit trail."""
        self._lost.inc(rows)

    def called(self, service: str, hook: str, status: int, seconds: float) -> None:
        """Count one answered call."""
        self._calls.labels(service, hook, str(status)).inc()
        self._seconds.labels(service, hook).observe(seconds)

    def data(self, pieces: Iterable[Data]) -> None:
        """Count what became of each piece of data that rules needed."""
        for piece in pieces:
            self._data.labels(piece.need.key, piece.state, piece.reason or "").inc()

    def rules(self, ids: Iterable[str], end: str) -> None:
        """Count rules that ran, were blocked for want of data, or failed."""
        for rule_id in ids:
            self._rules.labels(rule_id, end).inc()

    def refused(self, reason: str) -> None:
        """Count a call that was not admitted."""
        self._refusals.labels(reason).inc()

    def text(self) -> bytes:
        """All numbers, as Prometheus reads them."""
        return generate_latest(self._registry)


async def metrics(request: Request) -> Response:
    """`GET /metrics`."""
    text = request.app.state.cardwise.metrics.text()
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")
