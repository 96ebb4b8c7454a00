"""Replacements: what a cited source offers in place of an order, safe for this patient."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from prefetch import needs
from prefetch.chart import Chart
from prefetch.medication import MedicationOrder
from rules._advice import swap
from rules._allergy.conflicts import allergy_conflicts
from rules._allergy.entries import Charted
from rules._allergy.orders import drugs_of
from rules._finding import Replacement
from rules._knowledge.knowledge import Knowledge

MOST: Final = 3


def replacements(
    order: MedicationOrder, allergies: list[Charted], chart: Chart, know: Knowledge
) -> Iterator[Replacement]:
    """Alternatives for the order's reason that are neither a conflict nor a duplicate."""
    if not chart.knows(needs.medications):
        return  # without the medication list, a duplicate could not be ruled out
    drafts = (
        swap(order, alternative)
        for drug in drugs_of(order, know)
        for alternative in know.alternatives(drug, order.reasons)
        if not alternative.not_when
    )
    safe = [draft for draft in drafts if not allergy_conflicts(draft.order, allergies, know)]
    if safe:
        taken = _ingredients((*chart.drafts, *chart.medications), know)
        new = (draft for draft in safe if not taken & _ingredients([draft.order], know))
        yield from islice(new, MOST)


def _ingredients(orders: Iterable[MedicationOrder], know: Knowledge) -> set[str]:
    """The active ingredients of some orders."""
    return {code for order in orders for drug in drugs_of(order, know) for code in drug.ingredients}
