"""What is seen of reading FHIR servers: counts, log lines, spans. Origins only, never a URL."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Final

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from prefetch.breaker import Position
from prefetch.client import FhirClient
from prefetch.data import Data
from prefetch.needs import Need
from prefetch.observer import Attempt, Observer
from prefetch.origins import is_loopback, origin
from prefetch.states import Reason
from service.telemetry import exchange as exchanges
from service.telemetry.metrics import Metrics
from service.telemetry.traces import Traces
from service.trust.gate import Gate

_log: Final = logging.getLogger("cardwise.fhir")
# What says that the server is in trouble, rather than that it said no.
_TROUBLE: Final = frozenset(
    {Reason.TIMEOUT, Reason.UNREACHABLE, Reason.SERVER_ERROR, Reason.RATE_LIMITED, Reason.MALFORMED}
)

_SEVERITY: Final = (Position.CLOSED, Position.TRYING, Position.OPEN)


class Reads(Observer):
    """Watches the FHIR client for one app."""

    def __init__(self, metrics: Metrics, traces: Traces | None) -> None:
        """Report to the metrics, and to the traces where there are any."""
        self._metrics = metrics
        self._traces = traces

    def obtaining(self, need: Need) -> AbstractContextManager[Callable[[Data], None]]:
        """A span with what became of the key."""
        return self._traces.obtaining(need) if self._traces else super().obtaining(need)

    @contextmanager
    def attempt(self, attempt: Attempt) -> Iterator[None]:
        """Count one request, log it when it failed, and make a span of it."""
        started = time.perf_counter()
        server = server_of(attempt.url)
        with self._traces.reading(attempt, server) if self._traces else nullcontext():
            try:
                yield
            finally:
                self._note(attempt, server, time.perf_counter() - started)

    def queried(self, base: str, *, shared: bool) -> None:
        """Count a query by whether it had to be sent."""
        source = "shared" if shared else "server"
        self._metrics.queried(_tenant(), server_of(base), source)

    def _note(self, attempt: Attempt, server: str, seconds: float) -> None:
        end = attempt.reason or ("ok" if attempt.status else "cancelled")
        self._metrics.read(_tenant(), server, end, seconds)
        if attempt.reason:
            level = logging.WARNING if attempt.reason in _TROUBLE else logging.INFO
            facts = {
                "tenant": _tenant(),
                "server": server,
                "reason": attempt.reason,
                "status": attempt.status,
                "ms": round(seconds * 1000, 2),
            }
            _log.log(level, "FHIR read failed", extra={"facts": facts})


class Breakers(Collector):
    """Where the circuit breaker of each configured server stands, asked when numbers are read."""

    def __init__(self, gate: Gate, fhir: FhirClient) -> None:
        """Look at the client's breakers, for the sites that the gate has then."""
        self._gate = gate
        self._fhir = fhir

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """One series for each server and position; 1 says that it stands there."""
        found = GaugeMetricFamily(
            "cardwise_fhir_breaker",
            "Where the circuit breaker of a FHIR server stands: 1 at its position.",
            labels=("tenant", "server", "position"),
        )
        for (tenant, server), positions in sorted(self._positions().items()):
            worst = max(positions, key=_SEVERITY.index)
            for each in _SEVERITY:
                found.add_metric((tenant, server, each), float(each is worst))
        yield found

    def _positions(self) -> dict[tuple[str, str], list[Position]]:
        """By tenant and server; a server may have several bases, each with its breaker."""
        sites = self._gate.sites.by_id.values() if self._gate.sites else [self._gate.everyone]
        found: dict[tuple[str, str], list[Position]] = {}
        for site in sites:
            for base in site.servers.bases:
                place = (site.id, server_of(base))
                found.setdefault(place, []).append(self._fhir.position(base))
        return found


def server_of(url: str) -> str:
    """The origin of a server that may be read; all on this machine are one, as ports may be any."""
    if is_loopback(url):
        return "loopback"
    scheme, host, port = origin(url) or ("", "", 0)
    return f"{scheme}://{host}" if (scheme, port) == ("https", 443) else f"{scheme}://{host}:{port}"


def _tenant() -> str:
    exchange = exchanges.current()
    return exchange.tenant if exchange else ""
