"""Observation: results with their units and limits, in the shapes vendors send them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hooks.errors import NotKnown
from prefetch.dates import PartialDate
from prefetch.observation import Lab, labs
from prefetch.systems import LOINC, UCUM
from tests.ehr import PATIENT
from tests.strategies import Json, odd_resources, quick

CODES = ("33914-3", "62238-1")


def quantity(value: Any, unit: str = "mL/min/{1.73_m2}", **members: Any) -> Json:
    """A Quantity in UCUM."""
    return {"value": value, "unit": unit, "system": UCUM, "code": unit, **members}


def observation(**changes: Any) -> Json:
    """A final eGFR with some members changed."""
    resource: Json = {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "subject": {"reference": f"Patient/{PATIENT}"},
        "code": {"coding": [{"system": LOINC, "code": "33914-3"}]},
        "effectiveDateTime": "2026-10-02T08:00:00Z",
        "valueQuantity": quantity(28),
    }
    sent = resource | changes
    return {name: value for name, value in sent.items() if value is not None}


def lab(**changes: Any) -> Lab:
    """The one result of such an Observation."""
    (found,) = labs(observation(**changes), "eGFR", CODES)
    return found


def test_a_plain_result() -> None:
    """Each part of a well-formed result is read."""
    found = lab(interpretation=[{"coding": [{"code": "L"}]}])
    assert (found.id, found.reference, found.name) == ("o1", "Observation/o1", "eGFR")
    assert found.in_unit("mL/min/{1.73_m2}") < 30
    assert found.in_unit("L/min") == 0.028
    assert found.shown == "28 mL/min/{1.73_m2}"
    assert found.flags == {"L"}
    assert found.date == PartialDate(2026, 10, 2)
    assert found.counts


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        (quantity(45.0), "45 mL/min/{1.73_m2}"),
        ({"value": 28, "unit": "mL/min", "code": "mL/min", "system": UCUM}, "28 mL/min"),
        ({"value": 28, "unit": "mL/min/1.73m2"}, "28 mL/min/1.73m2"),
        ({"value": 28, "unit": "ml/min", "code": "259", "system": "urn:s"}, "28 ml/min"),
        ({"value": 28, "code": "mL/min", "system": f"{UCUM}/"}, "28 mL/min"),
    ],
)
def test_units_that_are_understood(sent: Json, shown: str) -> None:
    """A code of UCUM counts, else the unit as it was written."""
    found = lab(valueQuantity=sent)
    assert found.in_unit("mL/min/{1.73_m2}") > 0
    assert found.shown == shown


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"valueQuantity": {"value": 28}}, "cannot be converted"),
        ({"valueQuantity": quantity(28, "spoons")}, "cannot be converted"),
        ({"valueQuantity": quantity(28, "mg/dL")}, "cannot be converted"),
        ({"valueQuantity": None, "valueString": "28"}, "not on file as a number"),
        ({"valueQuantity": quantity("28"), "valueString": "x"}, "not on file as a number"),
        ({"valueQuantity": quantity(10**400), "valueString": "x"}, "not on file as a number"),
        ({"valueQuantity": quantity(28, comparator="ad")}, "not on file as a number"),
        ({"valueQuantity": quantity(1e307, "L/s")}, "not on file as a number"),
    ],
)
def test_a_number_that_cannot_be_used(changes: Json, why: str) -> None:
    """Without a unit, or in words, a result is never taken for a number (MED-07)."""
    with pytest.raises(NotKnown, match=why):
        lab(**changes).in_unit("mL/min/{1.73_m2}")


def test_a_result_beyond_what_is_measured() -> None:
    """A comparator stays with the number, whatever the unit it is asked in."""
    found = lab(valueQuantity=quantity(15, comparator="<"))
    assert found.in_unit("mL/min") < 30
    assert found.shown == "<15 mL/min/{1.73_m2}"
    with pytest.raises(NotKnown):
        assert found.in_unit("mL/min") < 10


def test_a_boundary_stays_one_after_conversion() -> None:
    """150 umol/L is 0.15 mmol/L, not something a rounding error away."""
    assert lab(valueQuantity=quantity(150, "umol/L")).in_unit("mmol/L") == 0.15


def test_moles_and_mass() -> None:
    """With its molar mass a substance is converted (creatinine: 113.12 g/mol)."""
    found = lab(valueQuantity=quantity(88.4, "umol/L"))
    assert float(found.in_unit("mg/dL", grams_per_mole=113.12)) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        ({}, True),
        ({"status": None}, True),
        ({"status": "amended"}, True),
        ({"status": "entered-in-error"}, False),
        ({"status": "cancelled"}, False),
        ({"status": " Registered"}, False),
        ({"valueQuantity": None}, False),
        ({"valueQuantity": {"unit": "mL/min"}}, False),
        ({"valueQuantity": None, "valueString": "low"}, True),
        ({"valueQuantity": None, "valueCodeableConcept": {"text": "Positive"}}, True),
        ({"valueQuantity": quantity(0)}, True),
    ],
)
def test_which_results_count(changes: Json, counts: bool) -> None:
    """Withdrawn results, and those without a value, are none; zero is one."""
    assert lab(**changes).counts is counts


def test_answers_in_words() -> None:
    """A coded or worded result is read as such."""
    positive = {"coding": [{"system": "http://snomed.info/sct", "code": "10828004"}], "text": "Pos"}
    found = lab(valueQuantity=None, valueCodeableConcept=positive)
    assert (found.answer, found.shown) == ("Pos", "Pos")
    assert found.answer_code.code("http://snomed.info/sct") == "10828004"


@pytest.mark.parametrize(
    ("when", "day"),
    [
        ({"effectiveDateTime": "2026-10"}, PartialDate(2026, 10)),
        ({"effectiveInstant": "2026-10-02T08:00:00Z"}, PartialDate(2026, 10, 2)),
        (
            {"effectivePeriod": {"start": "2026-01-01", "end": "2026-02-01"}},
            PartialDate(2026, 2, 1),
        ),
        ({"effectivePeriod": {"start": "2026-01-01"}}, PartialDate(2026, 1, 1)),
        ({"issued": "2026-10-02T08:00:00.000+02:00"}, PartialDate(2026, 10, 2)),
        ({}, None),
    ],
)
def test_when(when: Json, day: PartialDate | None) -> None:
    """The day a result is of, or else the day it was issued."""
    assert lab(**({"effectiveDateTime": None} | when)).date == day


def test_a_panel_gives_the_component_that_is_asked_for() -> None:
    """A blood pressure is found inside its panel, and the panel itself is no result (ORA-17)."""
    parts = [
        {
            "code": {"coding": [{"system": LOINC, "code": code}]},
            "valueQuantity": quantity(n, "mm[Hg]"),
        }
        for code, n in (("8480-6", 150), ("8462-4", 90))
    ]
    panel = {"coding": [{"system": LOINC, "code": "85354-9"}]}
    sent = observation(code=panel, component=parts, valueQuantity=None)
    (found,) = labs(sent, "systolic blood pressure", ("8480-6", "85354-9"))
    assert found.in_unit("mm[Hg]") == 150
    assert [each.code.code(LOINC) for each in labs(sent, "x", ("8462-4",))] == ["8462-4"]


def test_other_tests_are_left_out() -> None:
    """The code decides, in the right system, and in whatever place it stands (EPIC-33)."""
    elsewhere = {"coding": [{"system": "urn:oid:1.2.246.537.6.96", "code": "33914-3"}]}
    second = {"coding": [*elsewhere["coding"], {"system": LOINC, "code": "33914-3"}]}
    assert not list(labs(observation(code=elsewhere), "eGFR", CODES))
    assert not list(labs(observation(code={"text": "eGFR"}), "eGFR", CODES))
    assert len(list(labs(observation(code=second), "eGFR", CODES))) == 1


@given(odd_resources("Observation"), st.sampled_from([observation(), {}]))
@quick
def test_any_result_can_be_read(odd: Json, base: Json) -> None:
    """No shape of any member makes a result unreadable."""
    for found in labs({**base, **odd, "code": observation()["code"]}, "eGFR", CODES):
        assert isinstance(found.counts, bool)
        assert all(isinstance(t, str) for t in (found.id, found.shown, found.answer, *found.flags))
        assert found.date is None or found.moment.year in range(found.date.year - 1, 10_000)
