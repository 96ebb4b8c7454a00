"""What the process holds for as long as it runs: made once, shared by every request."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from prefetch.client import FhirClient
from rules._knowledge.knowledge import Knowledge
from service.catalog import Catalog
from service.feedback_store import FeedbackStore
from service.settings import Settings
from service.telemetry.health import Readiness
from service.telemetry.metrics import Metrics
from service.telemetry.traces import Traces
from service.trust.gate import Gate

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class State:
    """Settings, catalogue, knowledge, FHIR client, store, telemetry, gate, and clock."""

    settings: Settings
    catalog: Catalog
    knowledge: Knowledge
    fhir: FhirClient
    feedback: FeedbackStore
    metrics: Metrics
    traces: Traces | None
    readiness: Readiness
    gate: Gate
    clock: Clock
