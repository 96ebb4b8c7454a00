"""What the process holds for as long as it runs: made once, shared by every request."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from prefetch.client import FhirClient
from rules._knowledge.knowledge import Knowledge
from service.catalog import Catalog
from service.feedback_store import FeedbackStore
from service.metrics import Metrics
from service.record import Record
from service.settings import Settings
from service.trust.gate import Gate

Clock = Callable[[], datetime]
# Is told of each answered call: its hookInstance, and the record of it.
Witness = Callable[[str, Record], None]


@dataclass(frozen=True, slots=True)
class State:
    """Settings, catalogue, knowledge, FHIR client, store, counters, gate, clock, and a witness."""

    settings: Settings
    catalog: Catalog
    knowledge: Knowledge
    fhir: FhirClient
    feedback: FeedbackStore
    metrics: Metrics
    gate: Gate
    clock: Clock
    witness: Witness | None = None
