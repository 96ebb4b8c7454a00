"""What is wrong with a rule's cases as a whole, whatever each of them says."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from pathlib import Path

from rules._rule import Rule
from service.cases.case import Case
from service.cases.chart import FOLDER


def faults(rule: Rule, cases: Sequence[Case]) -> Iterator[str]:
    """What is wrong with the cases of one rule, a sentence each; rows of a table are left out."""
    cases = [case for case in cases if not case.line]
    if not any(case.written.cards for case in cases):
        yield f"{rule.folder.name}: no case gives a card; add one that does"
    if not any(not case.written.cards for case in cases):
        yield f"{rule.folder.name}: no case stays silent; add one that does"
    yield from _repeated(cases, "why", lambda case: case.written.why)
    yield from _repeated(cases, "chart, hook, day and orders", _situation)
    for case in cases:
        if case.written.hook not in rule.hooks:
            yield f"{case.id}: the rule does not answer {case.written.hook}"


def unused_charts(directory: Path, cases: Iterable[Case]) -> Iterator[str]:
    """The charts of a directory of rules that no case opens."""
    opened = {case.chart.path.resolve() for case in cases}
    for path in sorted((directory / FOLDER).glob("*.json")):
        if path.resolve() not in opened:
            yield f"{FOLDER}/{path.name}: no case opens this chart; use it, or remove it"


def _repeated(cases: Iterable[Case], what: str, key: Callable[[Case], Hashable]) -> Iterator[str]:
    alike: dict[Hashable, list[str]] = defaultdict(list)
    for case in cases:
        alike[key(case)].append(case.id)
    for ids in alike.values():
        if len(ids) > 1:
            yield f"{' and '.join(ids)}: the same {what}; keep one, or tell them apart"


def _situation(case: Case) -> Hashable:
    written = case.written
    orders = repr((written.orders, written.selections, written.context))
    return case.chart.path, case.chart.patient, written.hook, written.today, orders
