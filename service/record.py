"""What is said of a call once it is answered: a log line and counters, nothing of the patient."""

import logging
from dataclasses import dataclass
from typing import Final

from prefetch.chart import Chart
from prefetch.data import Data
from rules._evaluate import Evaluation
from rules._rule import Rule
from service.metrics import Metrics

_log: Final = logging.getLogger("cardwise.calls")


@dataclass(frozen=True, slots=True)
class Record:
    """One answered call.

    Attributes:
        service: the service's id.
        hook: the hook that fired.
        status: the HTTP status of the answer.
        rules: the rules that applied.
        chart: the patient's chart, for the states of its data alone.
        result: what came of the rules; None when none could run.
        seconds: from the request to the answer.
    """

    service: str
    hook: str
    status: int
    rules: list[Rule]
    chart: Chart
    result: Evaluation | None
    seconds: float

    @property
    def pieces(self) -> list[Data]:
        """What became of each piece of data that the rules need."""
        keys = sorted({need.key for rule in self.rules for need in rule.needs})
        return [data for key in keys if (data := self.chart.data(key))]

    def note(self, metrics: Metrics) -> None:
        """Count the call, and log it."""
        pieces = self.pieces
        metrics.called(self.service, self.hook, self.status, self.seconds)
        metrics.data(pieces)
        ran, failed = (self.result.ran, self.result.failed) if self.result else ([], [])
        metrics.rules(ran, "ran")
        metrics.rules(failed, "failed")
        metrics.rules({r.id for r in self.rules} - {*ran, *failed}, "blocked")
        _log.info(
            "%s %s: %d, %d cards, ran %s, failed %s, data %s, %.1f ms",
            self.service,
            self.hook,
            self.status,
            len(self.result.cards) if self.result else 0,
            ",".join(ran) or "none",
            ",".join(failed) or "none",
            ",".join(f"{p.need.key}={p.reason or p.state}" for p in pieces) or "none",
            self.seconds * 1000,
        )
