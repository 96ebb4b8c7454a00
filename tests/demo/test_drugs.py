"""Finding drugs by name, in the shipped knowledge."""

import pytest

from rules._knowledge import tables
from rules._knowledge.knowledge import Knowledge
from service.demo import drugs, orders


@pytest.mark.parametrize(
    ("sought", "first"),
    [
        ("amox 500 caps", "amoxicillin 500 MG Oral Capsule"),
        ("AMOXICILLIN", "amoxicillin 500 MG Oral Tablet"),
        ("lisin 10 tab", "lisinopril 10 MG Oral Tablet"),
        ("metf 500 oral tablet", "metformin hydrochloride 500 MG Oral Tablet"),
    ],
)
def test_the_plainest_product_comes_first(sought: str, first: str) -> None:
    """Word beginnings in any order and case find it; a generic drug alone before combinations."""
    assert drugs.search(sought)[0].name == first


def test_brands_are_found_and_called_so() -> None:
    """A brand's name finds its products."""
    found = drugs.search("augmentin")
    assert found
    assert {product.kind for product in found} <= {"brand", "brand pack"}


@pytest.mark.parametrize("sought", ["", " ", "!?", "no such drug", "x" * 100_000])
def test_nothing_is_found_for_nothing(sought: str) -> None:
    """No words, or unknown ones, find nothing, however long."""
    assert drugs.search(sought) == []


def test_everything_found_can_be_ordered() -> None:
    """Each code leads back to the name that is shown, and to a known drug."""
    know = Knowledge.shipped()
    for product in (p for word in ("a", "oral", "inject") for p in drugs.search(word)):
        named = know.product(product.code)
        assert named is not None
        assert named[0] == product.name


def test_the_reasons_are_those_with_alternatives() -> None:
    """Every indication of the alternatives' table can be chosen, and no other."""
    rows = list(tables.rows(tables.SHIPPED, "indications"))
    assert {row[0] for row in rows} == {row[0] for row in rows if row[3] in orders.REASONS}
    assert orders.REASONS.items() <= {row[3]: row[4] for row in rows}.items()
