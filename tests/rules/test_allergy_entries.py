"""What allergy entries are about, and which of them cannot be checked."""

import pytest

from prefetch.allergy import Allergy
from prefetch.systems import SNOMED
from rules import charted, may_conflict, unrecognised
from rules._knowledge import Knowledge
from tests.ehr import Json, allergy

KNOW = Knowledge.shipped()
NOT_ON_FILE: Json = {"coding": [{"system": SNOMED, "code": "1631000175102"}]}
NOT_KNOWN = "it is not recorded in words or codes that are known here"


def unchecked(entry: Json) -> list[tuple[str, str]]:
    """What is said to be unchecked of a list of one entry, and why."""
    found = unrecognised(charted([Allergy(entry)], KNOW))
    return [(each.what, each.why) for each in found]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ({"text": "Amoxicillin"}, True),
        ({"text": "Sprain"}, True),
        (NOT_ON_FILE, True),
        ({"text": "NKDA"}, False),
        ({"text": "Peanut"}, False),
        ({"text": "Latex"}, False),
    ],
    ids=["drug", "unknown", "names nothing", "none known", "food", "environment"],
)
def test_what_might_be_about_a_drug(code: Json, expected: bool) -> None:
    """A drug, words that nobody knows, and an entry that names nothing may; the others do not."""
    assert may_conflict(charted([Allergy(allergy(code))], KNOW)) is expected


def test_an_entry_without_words_is_told_as_one() -> None:
    """An entry that names nothing at all is not left without a name of its own."""
    assert unchecked(allergy({})) == [("allergy to an entry without words", NOT_KNOWN)]
    (found,) = unchecked(allergy(NOT_ON_FILE))
    assert found == ('allergy entry "1631000175102"', "it names no substance")


@pytest.mark.parametrize("categories", [["food"], ["environment"], ["food", "environment"]])
def test_what_the_chart_files_elsewhere_is_not_told(categories: list[str]) -> None:
    """Words that nobody knows, filed under food or environment alone, are not about drugs."""
    assert unchecked(allergy({"text": "Sprain"}, category=categories)) == []


@pytest.mark.parametrize("categories", [None, ["medication"], ["biologic"], ["food", "biologic"]])
def test_what_may_be_filed_under_drugs_is_told(categories: list[str] | None) -> None:
    """Words that nobody knows are told where the chart files them under drugs, or nowhere."""
    entry = allergy({"text": "Sprain"}, category=categories)
    assert unchecked(entry) == [("allergy to Sprain", NOT_KNOWN)]


def test_an_entry_that_is_known_in_part_is_checked() -> None:
    """Beside a substance that is known, words that nobody knows are not told."""
    entry = allergy({"text": "Sprain"}, reaction=[{"substance": {"text": "Amoxicillin"}}])
    assert unchecked(entry) == []


def test_long_words_are_cut() -> None:
    """Of an entry no more than 60 characters are told, and all of them where there are 60."""
    for length, told in ((60, "w" * 60), (61, "w" * 59 + "…")):
        assert unchecked(allergy({"text": "w" * length})) == [(f"allergy to {told}", NOT_KNOWN)]


def test_an_entry_that_names_its_substance_in_the_reaction_is_checked() -> None:
    """A code that names nothing does no harm beside a reaction that names the drug."""
    reaction = {"substance": {"text": "Amoxicillin"}, "description": "hives"}
    assert unchecked(allergy(NOT_ON_FILE)) != []
    assert unchecked(allergy(NOT_ON_FILE, reaction=[reaction])) == []
