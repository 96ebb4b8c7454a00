"""Runs rules over a chart of which everything was read, with all the time there is."""

from collections.abc import Sequence

from prefetch.breaker import Breakers
from prefetch.chart import Chart
from prefetch.references import Resource
from rules._cards import Call
from rules._evaluate import Evaluation, Evaluator
from rules._knowledge.knowledge import Knowledge
from rules._rule import Rule
from tests.ehr import PATIENCE


def evaluate(  # noqa: PLR0913 - as an Evaluator
    rules: Sequence[Rule],
    chart: Chart,
    know: Knowledge,
    call: Call,
    drafts: Sequence[Resource],
    *,
    seconds: float = PATIENCE,
    breakers: Breakers | None = None,
) -> Evaluation:
    """What an `Evaluator` tells of a chart that needs nothing more read."""
    evaluator = Evaluator(rules, know, call, drafts, seconds=seconds, breakers=breakers)
    evaluator.run(chart)
    return evaluator.result(chart)
