"""AllergyIntolerance, in the shapes vendors send it."""

from typing import Any

import pytest
from hypothesis import given

from prefetch.allergy import Allergy
from prefetch.dates import PartialDate
from tests import ehr
from tests.strategies import Json, odd_resources, quick


def allergy(**changes: Any) -> Allergy:
    """A confirmed, active allergy to penicillin with some members changed."""
    return Allergy(ehr.allergy(**changes))


def test_a_plain_allergy() -> None:
    """Each part of a well-formed entry is read."""
    found = allergy(
        criticality="high",
        onsetDateTime="2012-05",
        reaction=[
            {
                "substance": {"text": "Amoxicillin"},
                "manifestation": [{"text": "Anaphylaxis"}, {"text": "Hives"}],
                "severity": "severe",
            },
            {"manifestation": [{"text": "Hives"}], "severity": "mild"},
        ],
    )
    assert (found.id, found.reference) == ("a1", "AllergyIntolerance/a1")
    assert found.substance.label == "Penicillin"
    assert [each.label for each in found.substances] == ["Penicillin", "Amoxicillin"]
    assert (found.clinical_status, found.verification_status) == ("active", "confirmed")
    assert (found.criticality, found.is_intolerance) == ("high", False)
    assert found.categories == {"medication"}
    assert found.manifestations == ("Anaphylaxis", "Hives")
    assert found.severities == {"severe", "mild"}
    assert found.since == PartialDate(2012, 5)


def test_an_empty_entry_says_nothing() -> None:
    """Absent parts read as empty, and an entry without any status stands."""
    found = Allergy({"resourceType": "AllergyIntolerance"})
    assert (found.id, found.clinical_status, found.verification_status) == ("", "", "")
    assert (found.substances, found.manifestations, found.since) == ((), (), None)
    assert not any((found.criticality, found.categories, found.severities))
    assert not found.substance
    assert not found.is_intolerance
    assert found.counts


@pytest.mark.parametrize(
    ("clinical", "verification", "counts"),
    [
        ("active", "confirmed", True),
        ("active", "unconfirmed", True),
        ("active", "presumed", True),
        ("active", None, True),
        (None, "confirmed", True),
        ("something-new", "something-new", True),
        ("inactive", "confirmed", False),
        ("resolved", "confirmed", False),
        ("active", "refuted", False),
        ("active", "entered-in-error", False),
        (None, "entered-in-error", False),
        ("resolved", None, False),
    ],
)
@pytest.mark.parametrize("shape", ["coding", "one coding", "code", "text", "capitals", "words"])
def test_which_entries_stand(
    clinical: str | None, verification: str | None, counts: bool, shape: str
) -> None:
    """Only a status that says so takes an entry off the list, in whatever shape it comes."""

    def status(code: str | None) -> Any:
        shapes: dict[str, Any] = {
            "coding": {"coding": [{"code": code}], "text": "x"},
            "one coding": {"coding": {"code": code}},
            "code": code,
            "text": {"text": code},
            "capitals": {"coding": [{"code": code and code.title()}]},
            "words": {"text": code and code.replace("-", " ").title()},
        }
        return None if code is None else shapes[shape]

    found = allergy(clinicalStatus=status(clinical), verificationStatus=status(verification))
    assert found.counts is counts


@pytest.mark.parametrize(
    ("changes", "intolerance"),
    [({"type": "intolerance"}, True), ({"type": "allergy"}, False), ({"type": None}, False)],
)
def test_intolerance(changes: Json, intolerance: bool) -> None:
    """A side effect is told from an allergy only where the chart says so."""
    assert allergy(**changes).is_intolerance is intolerance


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        (["food", "medication"], {"food", "medication"}),
        ("food", {"food"}),
        ({"coding": []}, set()),
        ([None, 3], set()),
    ],
)
def test_categories(sent: Any, found: set[str]) -> None:
    """Categories come as a list, or one alone; other shapes say nothing."""
    assert allergy(category=sent).categories == found


@pytest.mark.parametrize(
    ("reaction", "manifestations"),
    [
        ([{"manifestation": [{"coding": [{"display": "Rash"}]}]}], ("Rash",)),
        ([{"manifestation": {"text": "Rash"}}], ("Rash",)),
        ({"manifestation": [{"text": "Rash"}]}, ("Rash",)),
        ([{"description": "swelled up"}], ("swelled up",)),
        ([{"manifestation": [{"text": "Rash"}], "description": "swelled up"}], ("Rash",)),
        ([{"manifestation": [{}]}, None, "x"], ()),
    ],
)
def test_manifestations(reaction: Any, manifestations: tuple[str, ...]) -> None:
    """What happened is read from codes or text, else from the description (ATH-07)."""
    assert allergy(reaction=reaction).manifestations == manifestations


@pytest.mark.parametrize(
    ("changes", "since"),
    [
        ({"onsetDateTime": "2012"}, PartialDate(2012)),
        ({"onsetDateTime": "2012", "recordedDate": "2015-01-02"}, PartialDate(2012)),
        ({"recordedDate": "2015-01-02T09:00:00Z"}, PartialDate(2015, 1, 2)),
        ({"onsetDateTime": "1900-01-01", "recordedDate": "2015"}, PartialDate(2015)),
        ({"onsetDateTime": "1900-01-01"}, None),
        ({"onsetDateTime": "as a child"}, None),
        ({}, None),
    ],
)
def test_since(changes: Json, since: PartialDate | None) -> None:
    """Onset is preferred to the recorded date, and the placeholder of 1900 is no date (ORA-22)."""
    assert allergy(**changes).since == since


def test_a_substance_named_twice_counts_once() -> None:
    """A reaction's substance that repeats the code adds nothing."""
    found = allergy(reaction=[{"substance": ehr.PENICILLIN}, {"substance": {}}])
    assert found.substances == (found.substance,)


@given(odd_resources("AllergyIntolerance"))
@quick
def test_any_entry_can_be_read(resource: Json) -> None:
    """No shape of any member makes an entry unreadable."""
    found = Allergy(resource)
    assert all(found.substances)
    assert all(found.manifestations)
    assert isinstance(found.counts, bool)
    texts = {found.id, found.criticality, found.clinical_status, found.verification_status}
    assert all(isinstance(text, str) for text in texts | found.categories | found.severities)
    assert found.since is None or found.since.year > 1900
    assert isinstance(found.is_intolerance, bool)
