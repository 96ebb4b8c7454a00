"""Codes and concepts, read from whatever shape they came in."""

from typing import Any

import pytest
from hypothesis import given
from msgspec.structs import astuple

from prefetch.coding import Coding, Concept, as_list, as_text, concept, concepts
from prefetch.systems import ICD10CM, LOINC, RXNORM, SNOMED
from tests import strategies
from tests.strategies import SaidConcept, json_values, quick

AMOXICILLIN = Coding(RXNORM, "723", "amoxicillin")


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"coding": [{"system": RXNORM, "code": "723"}]}, Concept((Coding(RXNORM, "723"),))),
        ({"coding": {"system": RXNORM, "code": "723"}}, Concept((Coding(RXNORM, "723"),))),
        ({"system": RXNORM, "code": "723"}, Concept((Coding(RXNORM, "723"),))),
        ({"text": " Penicillin "}, Concept(text="Penicillin")),
        ("Penicillin", Concept(text="Penicillin")),
        ({"coding": [{"display": "x"}]}, Concept((Coding("", "", "x"),))),
        ({"coding": [{"extension": []}], "text": "x"}, Concept(text="x")),
        ({"coding": None, "text": None}, Concept()),
        ({"coding": [{"code": 723}]}, Concept()),
        ({"coding": ["723"]}, Concept()),
        (None, Concept()),
        ([], Concept()),
        (7, Concept()),
    ],
)
def test_shapes(value: Any, found: Concept) -> None:
    """Each shape senders use for a CodeableConcept says what it says, and no more."""
    assert concept(value) == found
    assert bool(concept(value)) is (found != Concept())


@given(strategies.concepts())
@quick
def test_sloppy_shapes_say_the_same(said: SaidConcept) -> None:
    """OIDs, padding, repeats, nulls and a lone object change nothing of what a concept says."""
    found = concept(said.value)
    assert tuple(map(astuple, found.codings)) == said.codings
    assert found.text == said.text


@given(json_values())
@quick
def test_any_value_is_read(value: Any) -> None:
    """Whatever stands where a concept is due is read, into text and nothing else."""
    found = concept(value)
    parts = [found.text, *(part for coding in found.codings for part in astuple(coding))]
    assert all(isinstance(part, str) and part == part.strip() for part in parts)
    assert bool(found) is bool(found.label)
    assert all(each for each in concepts(value))


@pytest.mark.parametrize(
    ("codings", "system", "code"),
    [
        ([AMOXICILLIN], RXNORM, "723"),
        ([AMOXICILLIN], SNOMED, ""),
        ([Coding(LOINC, "1"), Coding(RXNORM, "2"), Coding(RXNORM, "3")], RXNORM, "2"),
        ([Coding(RXNORM, "", "amoxicillin"), Coding(RXNORM, "723")], RXNORM, "723"),
        ([], RXNORM, ""),
    ],
)
def test_code_of_a_system(codings: list[Coding], system: str, code: str) -> None:
    """The first code of a system is found; a coding that has only a display is no code."""
    assert Concept(tuple(codings)).code(system) == code


@pytest.mark.parametrize(
    ("found", "label"),
    [
        (Concept((AMOXICILLIN,), "Amoxil"), "Amoxil"),
        (Concept((Coding(RXNORM, "1"), AMOXICILLIN)), "amoxicillin"),
        (Concept((Coding(RXNORM, "1"), Coding(RXNORM, "2"))), "1"),
        (Concept(), ""),
    ],
)
def test_label(found: Concept, label: str) -> None:
    """A concept is called by its text, else a display, else a code."""
    assert found.label == label


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ([{"text": "a"}, {}, None, "b"], ("a", "b")),
        ({"text": "a"}, ("a",)),
        (None, ()),
        ([], ()),
    ],
)
def test_lists_of_concepts(value: Any, found: tuple[str, ...]) -> None:
    """A list, or one concept where a list was due, gives those that say something."""
    assert tuple(each.label for each in concepts(value)) == found


@pytest.mark.parametrize(
    ("value", "found"), [(None, []), ([1], [1]), ([], []), ("a", ["a"]), ({}, [{}]), (0, [0])]
)
def test_as_list(value: Any, found: list[Any]) -> None:
    """One value where an array was due is an array of it; null is none."""
    assert as_list(value) == found


@pytest.mark.parametrize(
    ("value", "found"), [(" a\n", "a"), (None, ""), (5, ""), (True, ""), (["a"], ""), ({}, "")]
)
def test_as_text(value: Any, found: str) -> None:
    """Only text is text."""
    assert as_text(value) == found


@pytest.mark.parametrize(
    ("system", "code", "wanted", "found"),
    [
        (ICD10CM, "N18.4", ["N18.4"], True),
        (ICD10CM, "N18.4", ["N18"], True),
        (ICD10CM, "n184", ["N18.4"], True),
        (ICD10CM, "N18", ["N18.4"], False),
        (ICD10CM, "N18.4", ["E11", "N18"], True),
        (SNOMED, "431857002", ["431857002"], True),
        (SNOMED, "431857002", ["4318"], False),
        (LOINC, "N18.4", ["N18"], False),
    ],
)
def test_is_a(system: str, code: str, wanted: list[str], found: bool) -> None:
    """A code of ICD-10 stands for its subdivisions too; those of other systems for themselves."""
    asked = ICD10CM if system == ICD10CM else SNOMED
    assert Concept((Coding(system, code),)).is_a(asked, *wanted) is found
