"""How a conflict between an order and an allergy is told."""

from typing import Any

import pytest

from prefetch.allergy import Allergy
from prefetch.medication import MedicationOrder
from prefetch.systems import RXNORM, SNOMED
from rules import allergy_conflicts, charted
from rules._allergy.conflicts import AllergyConflict
from rules._knowledge import Knowledge
from tests.ehr import Json, allergy, draft

KNOW = Knowledge.shipped()
PENICILLIN_CODE = {"coding": [{"system": SNOMED, "code": "91936005"}]}


def conflicts(*entries: Json, order: Json | None = None) -> list[AllergyConflict]:
    """What amoxicillin, or another order, conflicts with among some entries."""
    listed = charted(map(Allergy, entries), KNOW)
    return allergy_conflicts(MedicationOrder(order or draft(), {}), listed, KNOW)


def only(code: Json | None = None, **changes: Any) -> AllergyConflict:
    """The one conflict of amoxicillin with an entry."""
    (found,) = conflicts(allergy(code, **changes))
    return found


@pytest.mark.parametrize(
    ("changes", "headline"),
    [
        ({}, "records allergy to penicillin"),
        ({"type": "intolerance"}, "records intolerance to penicillin"),
        ({"onsetDateTime": "2019-05"}, "records allergy to penicillin, 2019"),
        (
            {"reaction": [{"manifestation": [{"text": "Anaphylaxis"}]}]},
            "records anaphylaxis to penicillin",
        ),
    ],
    ids=["allergy", "intolerance", "year", "reaction"],
)
def test_headline(changes: Json, headline: str) -> None:
    """The fact in plain words: the class, what happened, and the year where it is charted."""
    expected = f"Amoxicillin is a penicillin; chart {headline}"
    assert only(**changes).headline() == expected


def test_headline_of_the_drug_itself_says_how_it_got_there() -> None:
    """The same drug is ordered, or is on the list, as the rule has it."""
    found = only({"text": "Amoxicillin"})
    assert found.headline() == "Amoxicillin is ordered; chart records allergy to amoxicillin"
    assert found.headline("is on the list").startswith("Amoxicillin is on the list; ")


def test_headline_of_cross_reactivity() -> None:
    """A drug of another kind may cross-react, and no class is claimed for it."""
    order = draft(medicationCodeableConcept={"coding": [{"system": RXNORM, "code": "309049"}]})
    (found,) = conflicts(allergy({"text": "Amoxicillin"}), order=order)
    assert found.headline() == ("Cefadroxil may cross-react; chart records allergy to amoxicillin")


@pytest.mark.parametrize(
    ("told", "headline"),
    [
        (["Rash", "Anaphylaxis (disorder)", "Hives"], "anaphylaxis"),
        (["Rash", "Hives"], "hives"),
        (["Nausea", "Purple nails"], "purple nails"),
        (["SJS", "Hives"], "SJS"),
        (["GI upset"], "GI upset"),
        (["Other (See Comments)"], "allergy"),
        (["Unknown", "Rash"], "rash"),
        (["39579001"], "allergy"),
        (["no hives", "nausea"], "nausea"),
        (["No anaphylaxis"], "allergy"),
        ([" " * 100_000], "allergy"),
    ],
)
def test_the_gravest_of_several_reactions_leads(told: list[str], headline: str) -> None:
    """The headline names one reaction, the worst that the entry tells, in words that say it."""
    found = only(reaction=[{"manifestation": [{"text": text} for text in told]}])
    assert f"records {headline} to penicillin" in found.headline()


def test_a_text_that_its_code_does_not_say_counts_as_well() -> None:
    """Where code and words name different drugs, either may be meant."""
    lisinopril = {"coding": [{"system": RXNORM, "code": "29046"}]}
    assert conflicts(allergy(lisinopril)) == []
    assert only(lisinopril | {"text": "Penicillin"}).conflict.one_of == "a penicillin"


@pytest.mark.parametrize(
    ("charted", "headline"),
    [
        ("Penicillin and aspirin", "chart records allergy to penicillin"),
        ("Amoxicillin and NSAIDs", "chart records allergy to amoxicillin"),
        ("Penicillin, macrolides", "chart records allergy to penicillin"),
        ("Amoxicillin and codeine", "chart records allergy to amoxicillin / codeine"),
    ],
)
def test_headline_of_an_entry_of_several(charted: str, headline: str) -> None:
    """Of several substances in one entry, the one that is ordered, or its class."""
    assert only({"text": charted}).headline().endswith(headline)


def test_long_words_are_cut_in_a_headline() -> None:
    """A reaction is told in 40 characters and a substance in 50, so that both can be read."""
    found = only(reaction=[{"manifestation": [{"text": "r" * 41}]}])
    assert f"records {'r' * 39}… to penicillin" in found.headline()
    found = only(reaction=[{"manifestation": [{"text": "r" * 40}]}])
    assert f"records {'r' * 40} to penicillin" in found.headline()
    for length, told in ((50, "p" * 50), (51, "p" * 49 + "…")):
        named = found.conflict._replace(allergen_name="p" * length)
        assert only()._replace(conflict=named).headline().endswith(f"records allergy to {told}")


def test_evidence_of_a_code() -> None:
    """The entry as charted, how it was matched, and the reference: a line each."""
    found = only(
        PENICILLIN_CODE,
        criticality="high",
        onsetDateTime="2019-05",
        reaction=[{"manifestation": [{"text": "Anaphylaxis"}, {"text": "Hives"}]}],
    )
    chart, match, reference = found.evidence.splitlines()
    assert chart == (
        "- Chart: **91936005**; active, confirmed, criticality high; Anaphylaxis; Hives; "
        "since 2019-05"
    )
    assert match == "- Match: amoxicillin - member of the class; allergy recognised by its code"
    assert reference.startswith("- Reference: Class membership: ")


def test_evidence_of_words() -> None:
    """An entry in words alone is said to be recognised by its name only."""
    found = only({"text": "Penicillins"}, clinicalStatus=None, verificationStatus=None)
    chart, match, _ = found.evidence.splitlines()
    assert chart == "- Chart: **Penicillins**"
    assert match.endswith("; allergy recognised by name only")


def test_evidence_of_an_unnamed_substance() -> None:
    """An entry that names its substance only in a reaction is called by what that is."""
    found = only({}, reaction=[{"substance": PENICILLIN_CODE}])
    assert found.evidence.startswith("- Chart: **Penicillins**; active, confirmed\n")


def test_each_entry_is_told_once_and_the_most_urgent_first() -> None:
    """An entry with two substances that conflict counts once, by the more urgent of them."""
    minor = allergy({"text": "Cephalexin"}, id="a1", type="intolerance")
    both = allergy(
        {"text": "Penicillins"}, id="a2", reaction=[{"substance": {"text": "Amoxicillin"}}]
    )
    found = conflicts(minor, both)
    assert [(each.allergy.id, each.indicator) for each in found] == [
        ("a2", "critical"),
        ("a1", "info"),
    ]
    assert found[0].conflict.kind == "same-ingredient"


@pytest.mark.parametrize(
    ("charted", "code", "headline"),
    [
        (
            "Peanut, aspirin",
            "260243",
            "Progesterone contains peanut oil; chart records allergy to peanut",
        ),
        ("Peanut", "260243", "Progesterone contains peanut oil; chart records allergy to peanut"),
        (
            "Polysorbate 80, milk",
            "1001405",
            "contains polysorbate 80; chart records anaphylaxis to",
        ),
    ],
)
def test_headline_of_what_a_product_holds(charted: str, code: str, headline: str) -> None:
    """Of an entry that names several things, the one that is in the product."""
    happened = [{"manifestation": [{"text": "Anaphylaxis"}]}] if "80" in charted else None
    order = draft(medicationCodeableConcept={"coding": [{"system": RXNORM, "code": code}]})
    (found,) = conflicts(allergy({"text": charted}, reaction=happened), order=order)
    assert headline in found.headline()
    assert "milk" not in found.headline()
