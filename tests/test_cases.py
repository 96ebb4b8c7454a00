"""Every case of every rule, in every variant, posted at the real app."""

import pytest

from rules import _charts as charts
from rules._load import load
from rules._rule import Rule
from service.cases.case import cases_of
from service.cases.outcome import reviews
from service.cases.report import run
from service.cases.selection import everything


@pytest.mark.parametrize("rule", load(), ids=lambda rule: rule.id)
def test_every_case_of_the_rule(rule: Rule) -> None:
    """The rule's cases hold in each of their variants, and are fit as a whole."""
    [report] = run(everything([rule])).reports
    told = [*reviews(report.failed), *report.faults]
    assert not told, "\n\n".join(told)
    assert report.outcomes


def test_every_chart_is_used() -> None:
    """No chart lies about that no case opens."""
    opened = {case.chart.name for rule in load() for case in cases_of(rule.folder)}
    assert opened >= set(charts.names())
