"""Condition, in the shapes vendors send it."""

from typing import Any

import pytest
from hypothesis import given

from prefetch.condition import Condition
from prefetch.dates import PartialDate
from prefetch.systems import ICD10CM
from tests.ehr import PATIENT
from tests.strategies import Json, odd_resources, quick


def condition(**changes: Any) -> Condition:
    """A confirmed, active problem with some members changed."""
    resource: Json = {
        "resourceType": "Condition",
        "id": "c1",
        "subject": {"reference": f"Patient/{PATIENT}"},
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "verificationStatus": {"coding": [{"code": "confirmed"}]},
        "category": [{"coding": [{"code": "problem-list-item"}]}],
        "code": {"coding": [{"system": ICD10CM, "code": "N18.4"}], "text": "CKD stage 4"},
        "onsetDateTime": "2024-03",
    }
    sent = resource | changes
    return Condition({name: value for name, value in sent.items() if value is not None})


def test_a_plain_condition() -> None:
    """Each part of a well-formed entry is read."""
    found = condition()
    assert (found.id, found.reference, found.label) == ("c1", "Condition/c1", "CKD stage 4")
    assert found.code.is_a(ICD10CM, "N18")
    assert (found.clinical_status, found.verification_status) == ("active", "confirmed")
    assert found.categories == {"problem-list-item"}
    assert found.since == PartialDate(2024, 3)
    assert found.counts
    assert found.is_certain


def test_an_empty_entry_says_nothing() -> None:
    """Absent parts read as empty, and an entry without any status stands (EPIC-35)."""
    found = Condition({"resourceType": "Condition"})
    assert (found.id, found.clinical_status, found.verification_status) == ("", "", "")
    assert (found.label, found.categories, found.since) == ("a condition", frozenset(), None)
    assert not found.code
    assert found.counts


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        ({"clinicalStatus": {"coding": [{"code": "recurrence"}]}}, True),
        ({"clinicalStatus": "active"}, True),
        ({"clinicalStatus": {"text": "Resolved"}}, False),
        ({"clinicalStatus": {"coding": [{"code": "remission"}]}}, False),
        ({"clinicalStatus": {"coding": [{"code": "inactive"}]}}, False),
        ({"clinicalStatus": None, "verificationStatus": "entered-in-error"}, False),
        ({"verificationStatus": {"coding": {"code": "refuted"}}}, False),
        ({"clinicalStatus": None}, True),
        ({"clinicalStatus": None, "abatementDateTime": "2025"}, False),
        ({"abatementDateTime": "2025"}, True),
    ],
)
def test_which_entries_stand(changes: Json, counts: bool) -> None:
    """Only what says so takes an entry off the list, in whatever shape it comes."""
    assert condition(**changes).counts is counts


@pytest.mark.parametrize(
    ("status", "certain"),
    [("confirmed", True), (None, True), ("provisional", False), ("differential", False)],
)
def test_what_is_only_suspected(status: str | None, certain: bool) -> None:
    """Unconfirmed, provisional and differential diagnoses are told from certain ones (ORA)."""
    assert condition(verificationStatus=status).is_certain is certain


@pytest.mark.parametrize(
    ("changes", "since"),
    [
        ({"onsetDateTime": "2012", "recordedDate": "2015-01-02"}, PartialDate(2012)),
        ({"onsetDateTime": None, "onsetPeriod": {"start": "2013-05"}}, PartialDate(2013, 5)),
        ({"onsetDateTime": "1900-01-01", "recordedDate": "2015"}, PartialDate(2015)),
        ({"onsetDateTime": "as a child"}, None),
    ],
)
def test_since(changes: Json, since: PartialDate | None) -> None:
    """Onset is preferred to the recorded date, and the placeholder of 1900 is no date."""
    assert condition(**changes).since == since


@given(odd_resources("Condition"))
@quick
def test_any_entry_can_be_read(resource: Json) -> None:
    """No shape of any member makes an entry unreadable."""
    found = Condition(resource)
    texts = {found.id, found.label, found.clinical_status, found.verification_status}
    assert all(isinstance(text, str) for text in texts | found.categories)
    assert isinstance(found.counts, bool)
    assert isinstance(found.is_certain, bool)
    assert found.since is None or found.since.year > 1900
