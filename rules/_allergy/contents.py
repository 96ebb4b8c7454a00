"""Contents: what is in some products of an ordered drug, where the order does not say which."""

from collections.abc import Iterable, Iterator

from prefetch.medication import MedicationOrder
from rules._allergy.entries import Charted
from rules._allergy.orders import drugs_of
from rules._allergy.standing import standing
from rules._finding import NotChecked
from rules._knowledge.knowledge import Knowledge
from rules._text import plain


def unsaid_contents(
    order: MedicationOrder, allergies: Iterable[Charted], know: Knowledge
) -> Iterator[NotChecked]:
    """What may be in the product that the patient is allergic to, and cannot be told."""
    for allergy, allergens in allergies:
        severe = standing(allergy, know, food=True) == "severe"
        for allergen in allergens:
            for drug in drugs_of(order, know):
                for contains, only_severe in know.contents_unsaid(drug, allergen):
                    if severe or not only_severe:
                        what = f"{contains} in {plain(order.label, 60)}"
                        yield NotChecked(what, "its product is not coded")
