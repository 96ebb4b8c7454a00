"""What is said of a call once it is answered: counters and facts for the log, no patient's."""

from dataclasses import dataclass

from prefetch.chart import Chart
from prefetch.data import Data
from prefetch.lazy import lazy
from rules._evaluate import Evaluation
from rules._rule import Rule
from service.telemetry import exchange
from service.telemetry.metrics import Metrics


@dataclass(frozen=True)
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

    @lazy
    def pieces(self) -> list[Data]:
        """What became of each piece of data that the rules need."""
        keys = sorted({need.key for rule in self.rules for need in rule.needs})
        return [data for key in keys if (data := self.chart.data(key))]

    @lazy
    def ends(self) -> dict[str, str]:
        """How each rule ended: ran, blocked, failed, cut off, or resting."""
        result = self.result or Evaluation()
        ended = {"ran": result.ran, "failed": result.failed, "cut off": result.cut}
        ended["resting"] = result.resting
        told = {rule: end for end, rules in ended.items() for rule in rules}
        return {rule.id: told.get(rule.id, "blocked") for rule in self.rules}

    def note(self, metrics: Metrics) -> None:
        """Count the call, and tell the log of it."""
        result = self.result or Evaluation()
        metrics.called(self.tenant, self.service, self.hook, self.status, self.seconds)
        metrics.data(self.tenant, self.pieces)
        for rule, end in self.ends.items():
            metrics.rules(self.tenant, [rule], end)
        metrics.cards(self.tenant, result.fired)
        exchange.tell(
            service=self.service,
            hook=self.hook,
            hook_instance=exchange.opaque(self.hook_instance),
            cards=len(result.cards),
            ran=result.ran,
            failed=[*result.failed, *result.cut, *result.resting],
            blocked=[rule for rule, end in self.ends.items() if end == "blocked"],
            data={p.need.key: p.reason or p.state for p in self.pieces},
        )
