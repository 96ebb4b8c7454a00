"""What some products of a drug hold is told where the order does not say which product it is."""

from typing import Any

import pytest

from prefetch.allergy import Allergy
from prefetch.medication import MedicationOrder
from rules import charted, unsaid_contents
from rules._knowledge import Knowledge
from tests.ehr import RXNORM, Json, allergy, draft

KNOW = Knowledge.shipped()
IN_WORDS: Json = {"text": "progesterone 100 mg"}
CAPSULE: Json = {"coding": [{"system": RXNORM, "code": "260243"}]}
INGREDIENT: Json = {"coding": [{"system": RXNORM, "code": "8727"}]}
BRAND: Json = {"coding": [{"system": RXNORM, "code": "262080"}]}


def told(drug: Json, **entry: Any) -> list[str]:
    """What is not checked of an order, for an entry about peanut or another food."""
    order = MedicationOrder(draft(medicationCodeableConcept=drug), {})
    entries = charted([Allergy(allergy(**{"code": {"text": "Peanut"}} | entry))], KNOW)
    return [gap.what for gap in unsaid_contents(order, entries, KNOW)]


@pytest.mark.parametrize("drug", [IN_WORDS, INGREDIENT], ids=["words", "ingredient"])
def test_an_order_without_its_product_is_not_checked(drug: Json) -> None:
    """Words and an ingredient's code tell no form."""
    (what,) = told(drug)
    assert what.startswith("peanut oil in ")


@pytest.mark.parametrize("drug", [CAPSULE, BRAND], ids=["product", "branded"])
def test_a_product_is_known(drug: Json) -> None:
    """Whatever it holds, nothing is left unsaid."""
    assert told(drug) == []


def test_what_the_policy_keeps_silent_is_not_missed() -> None:
    """An intolerance gives no card for the product, and so no gap either; nor does another food."""
    assert told(IN_WORDS, type="intolerance") == []
    assert told(IN_WORDS, code={"text": "Egg"}) == []


@pytest.mark.parametrize(("reaction", "gaps"), [("Anaphylaxis", 1), ("Rash", 0)])
def test_what_only_a_severe_reaction_rules_out(reaction: str, gaps: int) -> None:
    """Milk in tiotropium powder matters after a severe reaction only."""
    happened = [{"manifestation": [{"text": reaction}]}]
    milk: Json = {"code": {"text": "Milk"}, "reaction": happened}
    assert len(told({"text": "tiotropium"}, **milk)) == gaps
