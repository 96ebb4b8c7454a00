"""What the process holds for as long as it runs: made once, shared by every request."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from prefetch.client import FhirClient
from rules._knowledge.knowledge import Knowledge
from service.catalog import Catalog
from service.metrics import Metrics
from service.settings import Settings
from service.store.store import Store
from service.trust.gate import Gate

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class State:
    """Settings, catalogue, knowledge, the FHIR client, the store, counters, gate, and clock."""

    settings: Settings
    catalog: Catalog
    knowledge: Knowledge
    fhir: FhirClient
    store: Store
    metrics: Metrics
    gate: Gate
    clock: Clock
