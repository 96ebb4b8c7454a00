"""A run of cases: everything that came of it, in sentences."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from service.cases.branches import Branches, watched
from service.cases.harness import opened
from service.cases.outcome import Outcome
from service.cases.selection import Selection
from service.cases.suite import faults, unused_charts


@dataclass
class Report:
    """What came of the cases of one rule.

    Attributes:
        selection: the rule and its cases.
        outcomes: of each case in each variant.
        faults: what is wrong with the cases as a whole.
        branches: of the rule, and which were taken.
        seconds: how long it took.
    """

    selection: Selection
    outcomes: list[Outcome]
    faults: list[str]
    branches: Branches
    seconds: float

    @property
    def failed(self) -> list[Outcome]:
        """The outcomes that are not as they should be."""
        return [outcome for outcome in self.outcomes if not outcome.passed]

    @property
    def passed(self) -> bool:
        """Whether all is well."""
        return not self.failed and not self.faults


@dataclass
class Run:
    """The reports of all rules, and what concerns no single one."""

    reports: list[Report] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether all is well."""
        return not self.faults and all(report.passed for report in self.reports)

    @property
    def seconds(self) -> float:
        """How long all took."""
        return sum(report.seconds for report in self.reports)

    @property
    def outcomes(self) -> list[Outcome]:
        """All outcomes."""
        return [outcome for report in self.reports for outcome in report.outcomes]

    @property
    def every_fault(self) -> list[str]:
        """All that is wrong with cases as a whole."""
        return [*(fault for report in self.reports for fault in report.faults), *self.faults]


def run(
    selections: Sequence[Selection],
    directories: Iterable[Path] = (),
    told: Callable[[Report], None] = lambda _: None,
) -> Run:
    """Run cases.

    Args:
        selections: the rules and cases.
        directories: those of which every rule is among the selections.
        told: is called with each report as soon as it is there.
    """
    result = Run()
    for selection in selections:
        report = asyncio.run(_report(selection))
        result.reports.append(report)
        told(report)
    cases = [case for selection in selections for case in selection.cases]
    for directory in directories:
        result.faults += unused_charts(directory, cases)
    return result


async def _report(selection: Selection) -> Report:
    began = time.perf_counter()
    rule, branches = watched(selection.rule)
    async with opened([rule]) as harness:
        outcomes = [each for case in selection.cases for each in await harness.run(case)]
    found = list(faults(rule, selection.cases)) if selection.whole else []
    return Report(selection, outcomes, found, branches, time.perf_counter() - began)
