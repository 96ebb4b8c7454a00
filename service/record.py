"""What is said of a call once it is answered: counters and facts for the log, no patient's."""

from dataclasses import dataclass
from itertools import chain

from prefetch.chart import Chart
from rules._evaluate import Evaluation
from rules._rule import Rule
from service.telemetry import exchange
from service.telemetry.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Record:
    """One answered call.

    Attributes:
        tenant: whose call it was; "" where no tenants are configured.
        service: the service's id.
        hook: the hook that fired.
        hook_instance: the call's id, as the EHR sent it.
        status: the HTTP status of the answer.
        rules: the rules that applied.
        chart: the patient's chart, for the states of its data alone.
        result: what came of the rules; None when none could run.
        seconds: from the request to the answer.
    """

    tenant: str
    service: str
    hook: str
    hook_instance: str
    status: int
    rules: list[Rule]
    chart: Chart
    result: Evaluation | None
    seconds: float

    def note(self, metrics: Metrics) -> None:
        """Count the call, and tell the log of it."""
        keys = sorted({need.key for rule in self.rules for need in rule.needs})
        pieces = [data for key in keys if (data := self.chart.data(key))]
        result = self.result or Evaluation()
        broken = {"failed": result.failed, "cut off": result.cut, "resting": result.resting}
        ended = {*result.ran, *chain.from_iterable(broken.values())}
        blocked = sorted({rule.id for rule in self.rules} - ended)
        metrics.called(self.tenant, self.service, self.hook, self.status, self.seconds)
        metrics.data(self.tenant, pieces)
        for end, ids in {"ran": result.ran, "blocked": blocked, **broken}.items():
            metrics.rules(self.tenant, ids, end)
        metrics.cards(self.tenant, result.fired)
        exchange.tell(
            service=self.service,
            hook=self.hook,
            hook_instance=exchange.opaque(self.hook_instance),
            cards=len(result.cards),
            ran=result.ran,
            failed=[*result.failed, *result.cut, *result.resting],
            blocked=blocked,
            data={p.need.key: p.reason or p.state for p in pieces},
        )
