"""What the process holds for as long as it runs: made once, shared by every request."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from prefetch.client import FhirClient
from service.catalog import Catalog
from service.feedback_store import FeedbackStore
from service.record import Record
from service.settings import Settings
from service.shared import Shared
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
    """Settings, catalogue, FHIR client, store, telemetry, gate, ledger, clock, and a witness.

    `shared` is what all processes know together; None where there is one only.
    """

    settings: Settings
    catalog: Catalog
    fhir: FhirClient
    feedback: FeedbackStore
    metrics: Metrics
    traces: Traces | None
    readiness: Readiness
    gate: Gate
    ledger: Ledger
    clock: Clock
    shared: Shared | None
    witness: Witness | None = None
