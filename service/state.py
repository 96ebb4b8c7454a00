"""What the process holds for as long as it runs: made once, shared by every request."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from prefetch.breaker import Breakers
from prefetch.client import FhirClient
from rules._knowledge.knowledge import Knowledge
from service.catalog import Catalog
from service.feedback_store import FeedbackStore
from service.metrics import Metrics
from service.rulebook import RuleBook
from service.settings import Settings
from service.trust.gate import Gate

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class State:
    """What there is one of; `breakers` are those of the rules."""

    settings: Settings
    catalog: Catalog
    rules: RuleBook
    breakers: Breakers
    knowledge: Knowledge
    fhir: FhirClient
    feedback: FeedbackStore
    metrics: Metrics
    gate: Gate
    clock: Clock
