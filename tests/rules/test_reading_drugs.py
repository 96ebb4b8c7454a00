"""Drugs as orders name them: codes of several levels, and words with strengths and forms."""

import pytest

from prefetch.coding import Coding, Concept
from prefetch.systems import RXNORM
from rules._knowledge import Drug, Knowledge

KNOW = Knowledge.shipped()
AMOXICILLIN, CLAVULANATE, METFORMIN, HEPARIN = "723", "48203", "6809", "5224"


def drug(*codes: str, text: str = "") -> Drug | None:
    """What a concept of RxNorm codes, or of words, names."""
    return KNOW.drug(Concept(tuple(Coding(RXNORM, code) for code in codes), text))


def ingredients(text: str) -> tuple[str, ...]:
    """The ingredients of a drug in words; none where it is not read."""
    found = drug(text=text)
    return found.ingredients if found else ()


@pytest.mark.parametrize(
    "form",
    [
        *("cap", "dr", "ec", "er", "im", "inj", "iv", "odt", "po", "sr", "tab", "xr"),
        *("caps", "tabs", "tablet", "Oral Capsule"),
    ],
)
def test_forms_are_no_part_of_the_name(form: str) -> None:
    """What orders abbreviate is known for a form, in any number."""
    assert ingredients(f"amoxicillin 500 mg {form}") == (AMOXICILLIN,)


@pytest.mark.parametrize("unit", ["mg", "g", "mcg", "iu", "mg per ml", "MG/ML"])
def test_strengths_are_no_part_of_the_name(unit: str) -> None:
    """A number with a unit says how much."""
    assert ingredients(f"amoxicillin 500 {unit}") == (AMOXICILLIN,)
    assert ingredients(f"amoxicillin 500{unit}") == (AMOXICILLIN,)


@pytest.mark.parametrize(
    "text", ["amoxicillin 500xyz", "amoxicillin xyz", "xyz amoxicillin", "amoxicillin 500 mg xyz"]
)
def test_a_word_that_is_not_known_leaves_the_text_unread(text: str) -> None:
    """It may be another drug."""
    assert ingredients(text) == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("24 HR metformin hydrochloride 500 MG Extended Release Oral Tablet", (METFORMIN,)),
        ("0.5 ML heparin sodium, porcine 10000 UNT/ML Prefilled Syringe", (HEPARIN,)),
        ("amoxicillin hcl 500 mg", ()),
        ("metformin hcl 500 mg", (METFORMIN,)),
        ("amoxicillin 250 MG / clavulanate 125 MG Oral Tablet", (CLAVULANATE, AMOXICILLIN)),
        ("amoxicillin-clavulanate", (CLAVULANATE, AMOXICILLIN)),
        ("amoxicillin and metformin", (METFORMIN, AMOXICILLIN)),
        ("500 mg / amoxicillin", (AMOXICILLIN,)),
        ("amoxicillin 500 mg [Glucophage]", ()),
        ("metformin 500 mg [Glucophage]", (METFORMIN,)),
        ("metformin 500 mg (Glucophage)", (METFORMIN,)),
        ("hydrocodone 5/325", ()),
        ("lisinopril 20-12.5 mg", ()),
        ("lisinopril 10-12.5", ()),
        ("lisinopril 20-25", ()),
        ("hydrocodone 5 mg/325 mg", ()),
        ("amoxicillin 875 mg-125 mg", ()),
        ("amoxicillin 500 mg 1 tablet", (AMOXICILLIN,)),
        ("metformin 500 mg 2 tablets", (METFORMIN,)),
        ("metformin 500 mg 1/2 tablet", (METFORMIN,)),
        ("metformin 500-1000 mg", (METFORMIN,)),
        ("metformin 2", (METFORMIN,)),
        ("Glucophage 2", ()),
        ("metformin #2", ()),
        ("amoxicillin 250 mg/5 mL", (AMOXICILLIN,)),
    ],
)
def test_reading(text: str, found: tuple[str, ...]) -> None:
    """Amounts before a name, salts, brands that agree, and parts that are drugs each."""
    assert ingredients(text) == found


def test_what_is_too_long_is_no_drug() -> None:
    """No name is longer than 4,000 characters."""
    for length, found in ((4000, (AMOXICILLIN,)), (4001, ())):
        assert ingredients(f"amoxicillin{' ' * (length - 14)}500") == found


def test_a_combination_decides_over_its_parts() -> None:
    """Without a product, the code of a combination goes before that of one ingredient, repeated."""
    found = drug("10180", "10831", "10180")
    assert found is not None
    assert found.ingredients == ("10180", "10829")
    assert found.matched == Coding(RXNORM, "10831")


@pytest.mark.parametrize("code", ["748798", "308191", "824190"], ids=["pack", "product", "brand"])
def test_a_product_decides(code: str) -> None:
    """Whatever ingredient codes stand beside it, and however often."""
    alone, beside = drug(code), drug(METFORMIN, METFORMIN, METFORMIN, code)
    assert alone is not None
    assert beside == alone


def test_classes_are_those_of_the_drug() -> None:
    """A drug is in the classes of its ingredients, and in no other."""
    found = drug(AMOXICILLIN)
    assert found is not None
    assert {"penicillins", "beta_lactams"} <= {*KNOW.classes(found)}
    assert "macrolides" not in KNOW.classes(found)


def test_search_gives_the_shortest_names_first() -> None:
    """Then by name and by code; each name has a word that begins with each of those asked for."""
    found = KNOW.search("amoxi clav", 50)
    names = [name for _, name in found]
    assert names[0] == "amoxicillin 250 MG / clavulanate 125 MG Oral Tablet"
    assert len(names) > 5
    assert names == sorted(names, key=lambda name: (len(name), name))
    assert all("amoxi" in name.lower() and "clav" in name.lower() for name in names)
    assert KNOW.search("", 5) == []
    assert len(KNOW.search("amox", 2)) == 2
