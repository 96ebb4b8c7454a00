"""Which drugs an order is for, and which of them cannot be told."""

import pytest

from prefetch.medication import MedicationOrder
from rules import unidentified
from rules._allergy.orders import drugs_of, is_recognised
from rules._knowledge import Knowledge
from tests.ehr import Json, draft

KNOW = Knowledge.shipped()


def of_ingredients(*names: str, **product: Json) -> MedicationOrder:
    """An order for a mixture that lists its ingredients, and may have a code of its own."""
    listed = [{"itemCodeableConcept": {"text": name}} for name in names]
    inner = {"resourceType": "Medication", "id": "m", "ingredient": listed, **product}
    link = {"reference": "#m"}
    sent = draft(medicationCodeableConcept=None, medicationReference=link, contained=[inner])
    return MedicationOrder(sent, {})


def names(order: MedicationOrder) -> list[str]:
    """What its drugs are called."""
    return [drug.name for drug in drugs_of(order, KNOW)]


def test_a_mixture_is_the_drugs_it_lists() -> None:
    """Without a product that is known, each ingredient that is known is a drug of the order."""
    assert names(of_ingredients("amoxicillin", "Sprain", "ibuprofen")) == [
        "amoxicillin",
        "ibuprofen",
    ]


def test_a_known_product_decides_over_the_ingredients_listed() -> None:
    """The product's own contents are taken, not the list beside it."""
    order = of_ingredients("ibuprofen", "Sprain", code={"text": "amoxicillin"})
    assert names(order) == ["amoxicillin"]
    assert is_recognised(order, KNOW)


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        (("amoxicillin", "ibuprofen"), True),
        (("amoxicillin", "Sprain"), False),
        (("Sprain",), False),
        ((), False),
    ],
    ids=["all", "one of two", "none", "nothing listed"],
)
def test_a_mixture_is_recognised_when_all_of_it_is(listed: tuple[str, ...], expected: bool) -> None:
    """One ingredient that nobody knows leaves a part of the order unchecked, and that is told."""
    order = of_ingredients(*listed)
    assert is_recognised(order, KNOW) is expected
    assert [each.why for each in unidentified(order, KNOW)] == (
        [] if expected else ["the drug could not be recognised"]
    )


def test_a_drug_that_nothing_names_is_a_whole_check_missing() -> None:
    """Words that nobody knows are for information; no words at all are a warning."""
    (named,) = unidentified(of_ingredients("Sprain"), KNOW)
    (unnamed,) = unidentified(of_ingredients(), KNOW)
    assert (named.what, named.indicator) == ("Sprain", "info")
    assert (unnamed.what, unnamed.indicator) == ("a medication", "warning")


def test_long_words_are_cut() -> None:
    """Of a drug no more than 60 characters are told, and all of them where there are 60."""
    for length, told in ((60, "w" * 60), (61, "w" * 59 + "…")):
        assert [each.what for each in unidentified(of_ingredients("w" * length), KNOW)] == [told]
