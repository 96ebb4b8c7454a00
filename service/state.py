"""What the process holds for as long as it runs: made once, shared by every request."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from prefetch.breaker import Breakers
from prefetch.client import FhirClient
from service.catalog import Catalog
from service.record import Record
from service.rulebook import RuleBook
from service.settings import Settings
from service.shared import Shared
from service.store.store import Store
from service.telemetry.health import Readiness
from service.telemetry.metrics import Metrics
from service.telemetry.traces import Traces
from service.trust.gate import Gate
from service.trust.ledger import Ledger

Clock = Callable[[], datetime]
# Is told of each answered call: its hookInstance, and the record of it.
Witness = Callable[[str, Record], None]


@dataclass(frozen=True, slots=True)
class State:
    """What a process has one of: settings, rules, FHIR client, store, telemetry, gate and more.

    `breakers` are those of the rules. `shared` is what all processes know together; None where
    there is one only.
    """

    settings: Settings
    catalog: Catalog
    rules: RuleBook
    breakers: Breakers
    fhir: FhirClient
    store: Store
    metrics: Metrics
    traces: Traces | None
    readiness: Readiness
    gate: Gate
    ledger: Ledger
    clock: Clock
    shared: Shared | None
    witness: Witness | None = None
