"""Patient: an age as exact as the date of birth."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hooks.errors import NotKnown
from prefetch.dates import PartialDate
from prefetch.not_on_file import NotOnFile
from prefetch.patient import Age, Patient
from tests.strategies import Json, odd_resources, quick

TODAY = date(2026, 11, 21)


def patient(**members: Any) -> Patient:
    """A patient of whom this is on file."""
    return Patient({"resourceType": "Patient", "id": "p1", **members}, TODAY)


def age(born: str) -> Age:
    """The age of somebody born then."""
    found = patient(birthDate=born).age
    assert isinstance(found, Age)
    return found


@pytest.mark.parametrize(
    ("born", "low", "high", "shown"),
    [
        ("1961-11-21", 65, 65, "65 years"),
        ("1961-11-22", 64, 64, "64 years"),
        ("1961-11", 64, 65, "64 or 65 years"),
        ("1961", 64, 65, "64 or 65 years"),
        ("2025-10-20", 1, 1, "13 months"),
        ("2026-11-21", 0, 0, "0 months"),
        ("2026", 0, 0, "0 to 10 months"),
        ("2024-02-29", 2, 2, "2 years"),
    ],
)
def test_age(born: str, low: int, high: int, shown: str) -> None:
    """Whole years on the day of the call; a year or month of birth leaves two ages possible."""
    found = age(born)
    assert (found.low, found.high, str(found)) == (low, high, shown)


def test_an_age_answers_what_the_year_settles() -> None:
    """Somebody born in 1961 is over 60 for certain, and perhaps 65."""
    assert age("1961") >= 60
    assert age("1961") < 66
    with pytest.raises(NotKnown, match="the age is not on file exactly enough"):
        assert age("1961") >= 65


def test_months() -> None:
    """Ages of infants are compared in months."""
    assert age("2026-06-01").months < 6
    assert not age("2026-05-21").months < 6


@pytest.mark.parametrize("born", [None, "", "unknown", "2027-01-01", 1961, {"value": "1961"}])
def test_no_date_of_birth(born: Any) -> None:
    """No date, or one that cannot be, is not on file: not age zero."""
    found = patient(birthDate=born).age
    assert isinstance(found, NotOnFile)
    assert "date of birth" in found.why


@pytest.mark.parametrize(("sent", "female"), [("female", True), (" Male ", False)])
def test_gender(sent: str, female: bool) -> None:
    """Female or male is what the chart says."""
    assert patient(gender=sent).is_female is female


@pytest.mark.parametrize("sent", ["other", "unknown", "", None, 3])
def test_gender_that_is_not_known(sent: Any) -> None:
    """Anything else does not settle it."""
    with pytest.raises(NotKnown):
        _ = patient(gender=sent).is_female


def test_names() -> None:
    """Id and reference are the resource's."""
    assert (patient().id, patient().reference, patient().birth_date) == ("p1", "Patient/p1", None)


@given(st.dates(date(1900, 1, 1), TODAY), st.sampled_from([4, 7, 10]))
@quick
def test_less_exact_dates_hold_the_exact_age(born: date, length: int) -> None:
    """The age by the whole date lies within the age by a part of it."""
    exact, rough = age(born.isoformat()), age(born.isoformat()[:length])
    assert rough.low <= float(exact) <= rough.high
    assert rough.high - rough.low <= 1
    assert rough.months.low <= float(exact.months) <= rough.months.high


@given(odd_resources("Patient"))
@quick
def test_any_patient_can_be_read(resource: Json) -> None:
    """No shape of any member makes a record unreadable."""
    found = Patient(resource, TODAY)
    assert all(isinstance(text, str) for text in (found.id, found.gender))
    assert isinstance(found.age, Age | NotOnFile)
    assert found.birth_date is None or isinstance(found.birth_date, PartialDate)
