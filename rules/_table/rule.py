"""Makes a rule of a table: `table_rule(__name__, …)` and nothing else."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from hooks.cards import Source
from hooks.errors import NotKnown, RuleError
from prefetch import needs
from prefetch.chart import Chart
from prefetch.medication import MedicationOrder
from prefetch.needs import Need
from rules._advice import remove
from rules._allergy.orders import ingredients_of, unidentified
from rules._finding import Finding, NotChecked
from rules._knowledge.knowledge import Knowledge
from rules._places import shown
from rules._rule import Findings, Rule, Status, Use, make_rule
from rules._table.criteria import Fact, all_hold
from rules._table.reading import Row, read_table
from rules._text import markdown, plain, sentence, shorten

_ORDER: Final = "order-"
_QUOTED: Final = 50


def table_rule(  # noqa: PLR0913 - the arguments are the rule's metadata
    module: str,
    *,
    hooks: tuple[str, ...],
    checks: str,
    source: Source,
    version: str,
    reviewed: str,
    status: Status = "active",
    developer: str = "",
    funding: str = "",
    uses: tuple[Use, ...] = (),
) -> Rule:
    """Make a rule of the `table.tsv` beside a module; what it needs follows from the columns used.

    On order hooks the table's drugs are those just ordered; on patient-view, those of the list.

    Args:
        module: `__name__`.
        hooks: the rest are `Rule`'s attributes.
        checks: as there.
        source: as there; each row has its own besides.
        version: as there.
        reviewed: as there.
        status: as there.
        developer: as there.
        funding: as there.
        uses: as there.

    Raises:
        RuleError: the docstring, the metadata or the table is not as it must be.
    """
    file = Path(sys.modules[module].__file__ or "")
    line = sys._getframe(1).f_lineno  # noqa: SLF001 - where the author called it
    rows = read_table(file.parent / "table.tsv", Knowledge.shipped())
    ordering = all(hook.startswith(_ORDER) for hook in hooks)
    if not ordering and any(hook.startswith(_ORDER) for hook in hooks):
        raise RuleError(
            f"{shown(file)}:{line}: a table is about orders or about the medication list: name "
            "order hooks, or patient-view"
        )

    def check(chart: Chart, know: Knowledge) -> Findings:
        for order in chart.selected if ordering else chart.medications:
            if not order.is_blank:
                yield from unidentified(order, know)
                for row, facts in _holding(order, rows, chart, know, checks):
                    if isinstance(facts, NotChecked):
                        yield facts
                    else:
                        advice = remove(order) if row.removes and ordering else None
                        yield _finding(order, row, facts).suggest(advice)

    return make_rule(
        check,
        module,
        line,
        hooks=hooks,
        checks=checks,
        needs=_needs(rows, ordering=ordering),
        orders=("MedicationRequest",) if ordering else (),
        source=source,
        version=version,
        reviewed=reviewed,
        status=status,
        developer=developer,
        funding=funding,
        uses=uses,
    )


def _needs(rows: Sequence[Row], *, ordering: bool) -> tuple[Need, ...]:
    """What the columns that are used read, each once."""
    listed = () if ordering else (needs.medications,)
    used = (criterion.need for row in rows for criterion in row.criteria)
    return tuple(dict.fromkeys((*listed, *used)))


def _holding(
    order: MedicationOrder, rows: Sequence[Row], chart: Chart, know: Knowledge, checks: str
) -> Iterator[tuple[Row, list[Fact] | NotChecked]]:
    """The rows that hold for an order, the first of each topic; and those of which nobody knows."""
    told: set[str] = set()
    for row in rows:
        if row.topic in told or row.drugs.isdisjoint(ingredients_of(order, know)):
            continue
        try:
            facts = all_hold(row.criteria, lambda each: each.fact(chart, know, order))
        except NotKnown as unknown:
            yield row, NotChecked(checks, unknown.why)
            continue
        if facts:
            told.add(row.topic)
            yield row, facts


def _finding(order: MedicationOrder, row: Row, facts: list[Fact]) -> Finding:
    words = {fact.name: plain(fact.words, _QUOTED) for fact in facts}
    words["drug"] = plain(order.label, _QUOTED)
    label = markdown(row.source)
    told = [f"- Order: {markdown(order.label)}", *(f"- {fact.evidence}" for fact in facts)]
    told.append(
        f"- Reference: [{label}]({row.source_url})" if row.source_url else f"- Reference: {label}"
    )
    return Finding(
        indicator=row.indicator,
        summary=shorten(sentence(row.summary.format_map(words))),
        about=(order, *(fact.about for fact in facts if fact.about is not None)),
        detail="\n".join(told) + (f"\n\n{row.detail}" if row.detail else ""),
        key=row.topic,
    )
