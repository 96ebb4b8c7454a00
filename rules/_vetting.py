"""Vetting: a suggested replacement is put to every rule, as if it had been ordered.

A replacement stays only if no rule has anything to say of it, and nothing goes unchecked.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

from hooks.errors import NotKnown, NotObtained, NotRead
from prefetch.chart import Chart
from prefetch.references import name_of
from rules._finding import Advice, Finding, NotChecked, Replacement
from rules._knowledge.knowledge import Knowledge
from rules._rule import Rule

#: More replacements than these are not shown.
MOST: Final = 3
_TRIED: Final = "tried-instead"
_CANNOT_TELL: Final = NotChecked("the rule", "it cannot tell")
_BROKE: Final = NotChecked("the rule", "it broke")


class Vetting:
    """Asks the rules of one call."""

    def __init__(self, rules: Sequence[Rule], know: Knowledge) -> None:
        """Ask those of some rules that are shown and are about medication orders."""
        self._rules = [r for r in rules if r.status == "active" and "MedicationRequest" in r.orders]
        self._know = know

    def vetted(self, finding: Finding, chart: Chart) -> Finding:
        """The finding without the replacements that a rule objects to.

        Raises:
            NotRead: a rule came to data that nobody has read yet; says which.
        """
        if not any(isinstance(piece, Replacement) for piece in finding.advice):
            return finding
        others = [piece for piece in finding.advice if not isinstance(piece, Replacement)]
        return replace(finding, advice=(*others, *islice(self._sound(finding.advice, chart), MOST)))

    def _sound(self, advice: Sequence[Advice], chart: Chart) -> Iterator[Replacement]:
        for piece in advice:
            if isinstance(piece, Replacement) and self._passes(piece, chart):
                yield piece

    def _passes(self, piece: Replacement, chart: Chart) -> bool:
        removed = next((c.resource_id for c in piece.changes if c.type == "delete"), "")
        drafted = {**piece.order.resource, "id": _TRIED}
        tried = chart.trying(removed, drafted)
        return not any(self._objects(rule, tried, name_of(drafted)) for rule in self._rules)

    def _objects(self, rule: Rule, tried: Chart, name: str) -> bool:
        """Whether a rule says anything of the order that is tried, or cannot check all it should.

        What it cannot check may be the very thing that speaks against the order, as an entry of the
        allergy list in words that nobody knows.
        """
        return any(
            isinstance(each, NotChecked) or any(item.reference == name for item in each.about)
            for each in self._said(rule, tried)
        )

    def _said(self, rule: Rule, chart: Chart) -> list[Finding | NotChecked]:
        """What a rule says; that it cannot tell, where it ends before its time."""
        said: list[Finding | NotChecked] = []
        try:
            said += rule.findings(chart, self._know)
        except NotRead:
            raise NotRead(*chart.unread(rule.helped_by)) from None
        except (NotObtained, NotKnown):
            said.append(_CANNOT_TELL)
        except Exception:  # noqa: BLE001 - a rule that breaks has not cleared anything
            said.append(_BROKE)
        return said
