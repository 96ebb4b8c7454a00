"""Contents: what is in some products of an ordered drug, where the order does not say which."""

from collections.abc import Iterable, Iterator
from itertools import product

from prefetch.medication import MedicationOrder
from rules._allergy.entries import Charted
from rules._allergy.orders import drugs_of
from rules._allergy.standing import indicated
from rules._finding import NotChecked
from rules._knowledge.knowledge import Knowledge
from rules._text import plain


def unsaid_contents(
    order: MedicationOrder, allergies: Iterable[Charted], know: Knowledge
) -> Iterator[NotChecked]:
    """What may be in the product that the patient is allergic to, and cannot be told."""
    for allergy, allergens in allergies:
        for allergen, drug in product(allergens, drugs_of(order, know)):
            for conflict in know.possible_conflicts(drug, allergen):
                if indicated(conflict, allergy, know):
                    what = f"{conflict.contains} in {plain(order.label, 60)}"
                    yield NotChecked(what, "its product is not coded")
