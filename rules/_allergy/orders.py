"""Ordered drugs: which they are, and which cannot be told."""

from collections.abc import Iterator

from hooks.cards import Indicator
from prefetch.administration import Administration
from prefetch.medication import MedicationOrder
from rules._finding import NotChecked
from rules._knowledge.drugs import Drug
from rules._knowledge.knowledge import Knowledge
from rules._remember import remembered
from rules._text import plain


@remembered
def drugs_of(order: MedicationOrder | Administration, know: Knowledge, /) -> tuple[Drug, ...]:
    """The drugs of an order or dose: its product if recognised, else each recognised ingredient."""
    product = know.drug(order.medication.product)
    if product is not None:
        return (product,)
    return tuple([drug for item in order.medication.ingredients if (drug := know.drug(item))])


@remembered
def ingredients_of(order: MedicationOrder | Administration, know: Knowledge, /) -> frozenset[str]:
    """The active ingredients of an order or dose, as RxNorm codes."""
    return frozenset([code for drug in drugs_of(order, know) for code in drug.ingredients])


def is_recognised(order: MedicationOrder, know: Knowledge) -> bool:
    """Whether all of the order's drug is known: its product, or else every ingredient listed."""
    named = order.medication.ingredients
    if know.drug(order.medication.product) is not None:
        return True
    return bool(named) and all(know.drug(item) is not None for item in named)


def unidentified(order: MedicationOrder, know: Knowledge) -> Iterator[NotChecked]:
    """That an order's drug, or a part of it, is not known; to be said where there are allergies.

    A drug that nothing names is a check that was not made at all.
    """
    if not is_recognised(order, know):
        urgency: Indicator = "info" if order.medication.label else "warning"
        yield NotChecked(plain(order.label, 60), "the drug could not be recognised", urgency)
