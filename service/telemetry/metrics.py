"""Numbers for Prometheus: how calls end, how long they take, and what became of each piece of data.

Labels are names of ours (tenants, services, hooks, keys, states, rules, configured servers), never
anything from a request, so that there are only so many. docs/operations.md tells what to watch.
"""

import asyncio
import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import cache
from typing import Final, TypeVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response

from hooks.cards import Card
from hooks.discovery import STANDARD_VERSION
from prefetch.data import Data
from rules._rule import Rule
from service import __version__

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0)
_M = TypeVar("_M", Counter, Histogram)
# each would come with a second series, of when it began
disable_created_metrics()  # type: ignore[no-untyped-call]  # the library's own gap


class Metrics:
    """The process' numbers. Each app has its own, so that tests do not share them."""

    def __init__(self) -> None:
        """Start at zero."""
        self.registry: Final = CollectorRegistry()
        self._requests = self._counter("requests", "Requests answered.", "route", "status")
        self._calls = self._counter(
            "calls", "Calls evaluated.", "tenant", "service", "hook", "status"
        )
        self._seconds = self._histogram(
            "call_seconds", "Time from a call to its answer.", "tenant", "service", "hook"
        )
        self._data = self._counter(
            "data", "Pieces of data by how they ended.", "tenant", "key", "state", "reason"
        )
        self._rules = self._counter("rules", "Rules by how they ended.", "tenant", "rule", "end")
        self._cards = self._counter(
            "cards", "Cards that rules made.", "tenant", "rule", "indicator", "shown"
        )
        self._refusals = self._counter(
            "refusals",
            "Calls not admitted: tokens by what was wrong with them, and calls over budget.",
            "reason",
        )
        self._of_what_it_needs()
        self._of_servers()
        self._of_the_process()

    def _of_what_it_needs(self) -> None:
        self._feedback = self._counter("feedback", "Feedback by what became of it.", "end")
        self._lost = Counter(
            "cardwise_audit_lost",
            "Calls whose row of the audit trail could not be stored.",
            registry=self.registry,
        )
        self._keys = Gauge(
            "cardwise_keys",
            "Whether a tenant's keys can be had: 1, or 0.",
            ("tenant",),
            registry=self.registry,
        )
        self._stores = Gauge(
            "cardwise_store_up",
            "Whether a store answers: 1, or 0.",
            ("store",),
            registry=self.registry,
        )

    def _of_servers(self) -> None:
        self._queries = self._counter(
            "fhir_queries", "Queries of FHIR servers by who answered.", "tenant", "server", "source"
        )
        self._reads = self._counter(
            "fhir_reads", "Requests to FHIR servers by how they ended.", "tenant", "server", "end"
        )
        self._read_seconds = self._histogram(
            "fhir_read_seconds", "Time a request to a FHIR server took.", "tenant", "server"
        )

    def _of_the_process(self) -> None:
        self._lag = Gauge(
            "cardwise_loop_lag_seconds",
            "How long this scrape waited for its turn in the event loop.",
            registry=self.registry,
        )
        build = Info("cardwise_build", "What is running.", registry=self.registry)
        build.info({"version": __version__, "standard": STANDARD_VERSION})
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)

    def answered(self, route: str, status: int) -> None:
        """Count one answer of whatever kind; a status of 0 is that of a caller who went away."""
        self._requests(route, status).inc()

    def called(self, tenant: str, service: str, hook: str, status: int, seconds: float) -> None:
        """Count one evaluated call."""
        self._calls(tenant, service, hook, status).inc()
        self._seconds(tenant, service, hook).observe(seconds)

    def data(self, tenant: str, pieces: Iterable[Data]) -> None:
        """Count what became of each piece of data that rules needed."""
        for piece in pieces:
            self._data(tenant, piece.need.key, piece.state, piece.reason or "").inc()

    def rules(self, tenant: str, ids: Iterable[str], end: str) -> None:
        """Count rules that ran, were blocked for want of data, or failed."""
        for rule_id in ids:
            self._rules(tenant, rule_id, end).inc()

    def cards(self, tenant: str, fired: Iterable[tuple[Rule, Card]]) -> None:
        """Count the cards that rules made, those in shadow too."""
        for rule, card in fired:
            shown = "no" if rule.status == "shadow" else "yes"
            self._cards(tenant, rule.id, card.indicator, shown).inc()

    def refused(self, reason: str) -> None:
        """Count a call that was not admitted."""
        self._refusals(reason).inc()

    def keys(self, faults: Mapping[str, str]) -> None:
        """Set for which tenants keys can be had: those of no fault."""
        self._keys.clear()
        for tenant, fault in faults.items():
            self._keys.labels(tenant).set(not fault)

    def store(self, name: str, *, up: bool) -> None:
        """Set whether a store answers."""
        self._stores.labels(name).set(up)

    def feedback(self, end: str, pieces: int) -> None:
        """Count feedback that was stored, not stored, or about an unknown card."""
        self._feedback(end).inc(pieces)

    def audit_lost(self, rows: int) -> None:
        """Count calls that are missing in the audit trail."""
        self._lost.inc(rows)

    def queried(self, tenant: str, server: str, source: str) -> None:
        """Count a query that was sent to the server, or shared in another's answer."""
        self._queries(tenant, server, source).inc()

    def read(self, tenant: str, server: str, end: str, seconds: float) -> None:
        """Count a request to a FHIR server."""
        self._reads(tenant, server, end).inc()
        self._read_seconds(tenant, server).observe(seconds)

    def watch(self, collector: Collector) -> None:
        """Ask somebody else too, whenever the numbers are read."""
        self.registry.register(collector)

    async def text(self) -> bytes:
        """All numbers, as Prometheus reads them."""
        asked = time.perf_counter()
        await asyncio.sleep(0)
        self._lag.set(time.perf_counter() - asked)
        return generate_latest(self.registry)

    def _counter(self, name: str, says: str, *labels: str) -> "Callable[..., Counter]":
        return _labelled(Counter(f"cardwise_{name}", says, labels, registry=self.registry))

    def _histogram(self, name: str, says: str, *labels: str) -> "Callable[..., Histogram]":
        made = Histogram(f"cardwise_{name}", says, labels, registry=self.registry, buckets=_SECONDS)
        return _labelled(made)


def _labelled(metric: _M) -> Callable[..., _M]:
    """Finds the series of some labels: once, since the library takes a lock to do it."""

    @cache
    def series(*labels: Hashable) -> _M:
        return metric.labels(*labels)

    return series


async def metrics(request: Request) -> Response:
    """`GET /metrics`."""
    state = request.app.state.cardwise
    state.metrics.keys(request.app.state.tenants.keyless())
    if state.shared:
        state.metrics.store("redis", up=not state.shared.fault)
    return Response(
        await state.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8"
    )
