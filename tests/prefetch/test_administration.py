"""MedicationAdministration, in the shapes vendors send it."""

from typing import Any

import pytest
from hypothesis import given

from prefetch.administration import Administration
from prefetch.dates import PartialDate
from tests.ehr import AMOXICILLIN, PATIENT, medication
from tests.strategies import Json, odd_resources, quick


def dose(**changes: Any) -> Administration:
    """A dose of amoxicillin that was given, with some members changed."""
    resource: Json = {
        "resourceType": "MedicationAdministration",
        "id": "d1",
        "status": "completed",
        "subject": {"reference": f"Patient/{PATIENT}"},
        "medicationCodeableConcept": medication(*AMOXICILLIN),
        "effectiveDateTime": "2025-01-02T08:00:00Z",
    }
    sent = resource | changes
    return Administration({name: v for name, v in sent.items() if v is not None}, {})


def test_a_plain_dose() -> None:
    """Each part of a well-formed resource is read."""
    found = dose()
    assert (found.id, found.reference) == ("d1", "MedicationAdministration/d1")
    assert found.label == "amoxicillin 500 MG Oral Capsule"
    assert found.date == PartialDate(2025, 1, 2)
    assert found.is_completed


@pytest.mark.parametrize("status", ["in-progress", "not-done", "stopped", "entered-in-error", None])
def test_only_a_completed_dose_was_given(status: str | None) -> None:
    """Whatever else the status says, or fails to say, is no proof of a dose."""
    assert not dose(status=status).is_completed


def test_a_dose_over_a_time_is_of_its_first_day() -> None:
    """A period counts from its start; without one the day is not known."""
    period = {"start": "2025-03", "end": "2025-04-01"}
    assert dose(effectiveDateTime=None, effectivePeriod=period).date == PartialDate(2025, 3)
    assert dose(effectiveDateTime=None, effectivePeriod={"end": "2025-04-01"}).date is None
    assert dose(effectiveDateTime=None).date is None


@quick
@given(odd_resources("MedicationAdministration"))
def test_any_resource_can_be_read(resource: Json) -> None:
    """However bent, every part reads as something of its type."""
    found = Administration(resource, {})
    assert isinstance(found.label, str)
    assert isinstance(found.id, str)
    assert isinstance(found.is_completed, bool)
    assert found.date is None or isinstance(found.date, PartialDate)
