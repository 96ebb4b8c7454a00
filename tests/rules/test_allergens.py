"""What `Knowledge` makes of the codes and words of an allergy record."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefetch.coding import Coding, Concept
from prefetch.systems import NDFRT, RXNORM, SNOMED, UNII
from rules._knowledge import Allergen, Knowledge
from rules._knowledge.names import denial, unframed

KNOW = Knowledge.shipped()
PENICILLIN_G, AMOXICILLIN, CLAVULANATE = "7980", "723", "48203"
PENICILLIN_ALLERGY = Concept((Coding(SNOMED, "91936005"),))
IPS = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"


def allergy(text: str) -> Allergen:
    """The allergen of a record that has only text."""
    return KNOW.allergen(Concept(text=text))


@given(st.sampled_from(["penicillin", "latex", "aspirin"]))
def test_frames_and_tags_fall_away(name: str) -> None:
    """A substance is found in each usual wording of an allergy."""
    wordings = (
        f"Allergy to {name} (finding)",
        f"{name} allergy",
        f"ALLERGIC TO {name}",
        f"{name} adverse reaction (disorder)",
        f"Product containing {name} (medicinal product)",
        f"Substance with {name} structure and antibacterial mechanism of action (substance)",
    )
    assert {unframed(wording) for wording in wordings} == {name}


def test_codes_of_one_substance_are_united() -> None:
    """Epic's penicillin G, with codes of three systems, is one ingredient."""
    codings = (
        Coding(RXNORM, PENICILLIN_G),
        Coding(RXNORM, "203133"),
        Coding(UNII, "Q42T66VG0C"),
        Coding(SNOMED, "11986009", "Penicillin G potassium (substance)"),
    )
    found = KNOW.allergen(Concept(codings, "PENICILLIN G"))
    assert (found.kind, found.ingredients, found.basis) == ("drug", (PENICILLIN_G,), "code")


@pytest.mark.parametrize(
    ("system", "code", "classes"),
    [
        (SNOMED, "91936005", ("penicillins",)),
        (NDFRT, "N0000011281", ("penicillins",)),
        (SNOMED, "373206009", ("tetracyclines",)),
        (SNOMED, "373297006", ("beta_lactams",)),
    ],
)
def test_class_codes(system: str, code: str, classes: tuple[str, ...]) -> None:
    """A code for a whole class is understood as the class."""
    found = KNOW.allergen(Concept((Coding(system, code),)))
    assert (found.kind, found.classes, found.ingredients) == ("drug", classes, ())


@pytest.mark.parametrize(
    ("text", "classes"),
    [
        ("Penicillin", ("penicillins",)),
        ("penicillins", ("penicillins",)),
        ("Cephalosporin allergy", ("cephalosporins",)),
        ("NSAIDs", ("nsaids",)),
        ("ACE inhibitor", ("ace_inhibitors",)),
        ("Sulfa drugs", ("sulfonamide_antimicrobials",)),
    ],
)
def test_class_names(text: str, classes: tuple[str, ...]) -> None:
    """A class is known by its name in singular and plural, and labelled as text."""
    found = allergy(text)
    assert (found.kind, found.classes, found.basis) == ("drug", classes, "text")


def test_brand_name_allergy() -> None:
    """An allergy written as a brand is one to its ingredients."""
    assert allergy("Benadryl Allergy").name == "diphenhydramine"
    assert allergy("Keflex").name == "cephalexin"  # a brand known from its products' names alone


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("No Known Medication Allergies", "medication"),
        ("NKDA", "medication"),
        ("No known drug allergy (situation)", "medication"),
        ("NKA", "all"),
        ("No known allergies", "all"),
        ("no known food allergies", "food"),
        ("No known environmental allergy", "environment"),
        ("No Known Drug Allergies (NKDA)", "medication"),
        ("No known food allergy (situation)", "food"),
        ("None", "all"),
    ],
)
def test_denials_in_words(text: str, scope: str) -> None:
    """A statement of no known allergies denies only what it says."""
    found = allergy(text)
    assert (found.kind, found.scope) == ("none-known", scope)


@pytest.mark.parametrize(
    ("system", "code", "kind", "scope"),
    [
        (IPS, "no-known-allergies", "none-known", "all"),
        (IPS, "no-known-medication-allergies", "none-known", "medication"),
        (IPS, "no-known-food-allergies", "none-known", "food"),
        (IPS, "no-allergy-info", "unspecified", ""),
        (SNOMED, "716186003", "none-known", "all"),
        (SNOMED, "409137002", "none-known", "medication"),
        (SNOMED, "1631000175102", "unspecified", ""),
        (SNOMED, "416098002", "unspecified", ""),
    ],
)
def test_denials_in_codes(system: str, code: str, kind: str, scope: str) -> None:
    """Not asked and not recorded are not the same as none known."""
    found = KNOW.allergen(Concept((Coding(system, code),)))
    assert (found.kind, found.scope, found.basis) == (kind, scope, "code")


@pytest.mark.parametrize(
    "named", [Coding(RXNORM, AMOXICILLIN), Coding("urn:local", "1", "amoxicillin")]
)
def test_a_named_substance_outweighs_a_denial(named: Coding) -> None:
    """A stray "no known allergy" code beside a drug's code or name clears nobody."""
    found = KNOW.allergen(Concept((Coding(SNOMED, "716186003"), named)))
    assert (found.kind, found.ingredients) == ("drug", (AMOXICILLIN,))


def test_vague_code_leaves_the_word_to_the_text() -> None:
    """A code for "allergy to drug" with a drug's name in the text is an allergy to that drug."""
    found = KNOW.allergen(Concept((Coding(SNOMED, "416098002"),), "Amoxicillin"))
    assert (found.kind, found.ingredients, found.basis) == ("drug", (AMOXICILLIN,), "text")


@pytest.mark.parametrize(
    "text",
    [
        "Sprain",
        "Unknown",
        "Erythromycin overdose",
        "Family history of aspirin allergy",
        "no allergy to penicillin",
        "no known allergies to penicillin",
        "",
    ],
)
def test_unrecognised_words_are_unknown(text: str) -> None:
    """What is not understood is said to be unknown, never taken for none or for a substance."""
    found = allergy(text)
    assert (found.kind, found.ingredients, found.classes) == ("unknown", (), ())
    assert denial(text) == ""


@pytest.mark.parametrize(
    ("text", "classes", "ingredients"),
    [
        ("SULFA (SULFONAMIDE ANTIBIOTICS)", ("sulfonamide_antimicrobials",), ()),
        ("Macrolide Antibiotics", ("macrolides",), ()),
        ("codeine - nausea", (), ("2670",)),
        ("Lisinopril: cough", (), ("29046",)),
        ("Sulfa/PCN", ("penicillins", "sulfonamide_antimicrobials"), ()),
        ("penicillin and aspirin", ("penicillins",), ("1191",)),
        ("Tylenol #3", (), ("161", "2670")),
        ("penicillin, something", (), ()),
        ("Something - penicillin", (), ()),
        ("Something (else)", (), ()),
        ("Penicillin - hives; sulfa - rash", ("penicillins", "sulfonamide_antimicrobials"), ()),
        ("codeine: nausea; morphine: itching", (), ("2670", "7052")),
        ("penicillin (amoxicillin, aspirin)", ("penicillins",), ("1191", "723")),
        ("aspirin - plavix - rash", (), ()),
        ("penicillin - tolerates cephalexin", (), ()),
        ("penicillin - not allergic", (), ()),
        ("penicillin (denies)", (), ()),
        ("No known allergies (except penicillin)", (), ()),
        ("No known allergies - except penicillin", (), ()),
        ("No known drug allergies: penicillin", (), ()),
        ("No known drug allergies, no known food allergies", (), ()),
    ],
)
def test_wordings_of_charts(
    text: str, classes: tuple[str, ...], ingredients: tuple[str, ...]
) -> None:
    """Names with an explanation, a remark, or beside others; what is half known is not known."""
    found = allergy(text)
    assert (found.classes, found.ingredients) == (classes, ingredients)
    assert found.kind == ("drug" if classes or ingredients else "unknown")


def test_food_and_environment() -> None:
    """Allergies that no drug order meets are told apart."""
    assert allergy("Peanuts").kind == "food"
    assert allergy("Latex").kind == "environment"


@pytest.mark.parametrize(
    "remark",
    [
        *("no", "not", "none", "never", "without", "except", "denies", "denied", "negative"),
        *("ruled out", "ok", "okay", "safe", "fine", "nil"),
        *("false", "NKA", "NKDA", "isn't", "wasn't"),
        *("error", "erroneous", "mistake", "wrong", "refuted", "removed", "resolved", "outgrown"),
        *("delabeled", "delabelled", "excluded", "disproved", "also", "plus", "tolerated"),
        *("family", "mother", "mom", "father", "dad", "sister", "brother", "son", "daughter"),
        *("aunt", "uncle", "grandmother", "grandfather", "sibling"),
        *("parent", "parents", "FH", "FHx"),
    ],
)
def test_a_remark_that_may_take_it_back_is_not_understood(remark: str) -> None:
    """After a dash, after a colon, or in brackets: nobody knows whether there is an allergy."""
    for text in (f"Penicillin - {remark}", f"Penicillin: {remark}", f"Penicillin ({remark})"):
        assert allergy(text).kind == "unknown"


def test_lists_are_short() -> None:
    """Twelve names in one entry are read; more is no list of allergies."""
    assert allergy(", ".join(["penicillin"] * 12)).classes == ("penicillins",)
    assert allergy(", ".join(["penicillin"] * 13)).kind == "unknown"


def test_a_remark_is_short() -> None:
    """Twenty words may tell of a reaction; more is a story."""
    assert allergy(f"Penicillin - {'rash ' * 20}").kind == "drug"
    assert allergy(f"Penicillin - {'rash ' * 21}").kind == "unknown"


def test_text_beside_a_code_may_name_a_food() -> None:
    """What the code does not say counts as well, be it a drug, a class or a food."""
    for text, more in (
        ("Aspirin", "1191"),
        ("Sulfa", "sulfonamide_antimicrobials"),
        ("Peanut", ""),
    ):
        found = KNOW.allergen(Concept((Coding(RXNORM, PENICILLIN_G),), text))
        assert PENICILLIN_G in found.ingredients
        assert more in (*found.ingredients, *found.classes) or found.foods == ("food:peanut",)
