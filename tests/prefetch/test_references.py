"""References, in every form that points at the same resource."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefetch.references import bare, contained, names_other_patient, target
from tests.strategies import Json, fhir_ids, json_values, odd_resources, odd_text, quick

KINDS = st.sampled_from(["Patient", "Medication", "MedicationRequest"])
BASES = st.sampled_from(
    ["", "/", "https://ehr.test/fhir/", "https://ehr.test:443/a/b/api/FHIR/R4/"]
)


@given(KINDS, fhir_ids(), BASES, st.sampled_from(["", "/", "/_history/3", "/_history/a-b.c"]))
@quick
def test_every_form_has_one_bare_form(kind: str, id_: str, base: str, version: str) -> None:
    """Relative, absolute and versioned references to a resource all become `Type/id`."""
    reference = f"{base}{kind}/{id_}{version}"
    assert bare(reference) == f"{kind}/{id_}"
    assert bare(reference).rpartition("/")[2] == id_


@pytest.mark.parametrize(
    ("reference", "found", "id_"),
    [
        ("urn:uuid:3fdc72f4", "3fdc72f4", "3fdc72f4"),
        ("urn:oid:1.2.3", "1.2.3", "1.2.3"),
        ("103", "103", "103"),
        ("", "", ""),
    ],
)
def test_forms_without_a_type(reference: str, found: str, id_: str) -> None:
    """A URN keeps its last part, and an id alone stays."""
    assert (bare(reference), bare(reference).rpartition("/")[2]) == (found, id_)


@given(odd_text())
@quick
def test_bare_is_stable(text: str) -> None:
    """Any text has a bare form of at most one slash."""
    assert bare(text).count("/") <= 1


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"reference": " Patient/1 "}, "Patient/1"),
        ({"display": "Anna"}, ""),
        ({"reference": 5}, ""),
        ("Patient/1", ""),
        (None, ""),
    ],
)
def test_target(value: Any, found: str) -> None:
    """Only a Reference with a text for its reference points somewhere."""
    assert target(value) == found


@pytest.mark.parametrize(
    ("reference", "other"),
    [
        ("Patient/p1", False),
        ("https://ehr.test/fhir/Patient/p1", False),
        ("Patient/p1/_history/2", False),
        ("p1", False),
        ("Patient/p2", True),
        ("https://ehr.test/fhir/Patient/p2", True),
        ("p2", True),
        ("Patient/P1", True),
        ("Patient/p1.", True),
        ("Group/p2", False),
        ("#pat", False),
        ("", False),
        (None, False),
    ],
)
@pytest.mark.parametrize("field", ["patient", "subject"])
def test_other_patients(field: str, reference: Any, other: bool) -> None:
    """A resource is somebody else's when it names a patient, and that is not this one."""
    assert names_other_patient({field: {"reference": reference}}, "p1") is other


def test_either_field_may_name_another_patient() -> None:
    """One right reference does not excuse a wrong one beside it."""
    resource = {"patient": {"reference": "Patient/p1"}, "subject": {"reference": "Patient/p2"}}
    assert names_other_patient(resource, "p1")


@pytest.mark.parametrize("resource", [{}, {"subject": None}, {"subject": {"display": "Anna"}}])
def test_a_resource_that_names_nobody_is_not_somebody_elses(resource: Json) -> None:
    """Without a reference there is no other patient."""
    assert not names_other_patient(resource, "p1")


@given(odd_resources(), fhir_ids())
@quick
def test_any_resource_is_judged(resource: Json, patient: str) -> None:
    """Whatever else a resource holds, its reference decides whose it is."""
    names_other_patient(resource, patient)
    mine = {"subject": {"reference": f"Patient/{patient}"}}
    assert not names_other_patient({**resource, **mine, "patient": None}, patient)
    theirs = {"subject": {"reference": f"Patient/{patient}x"}}
    assert names_other_patient({**resource, **theirs, "patient": None}, patient)


@pytest.mark.parametrize(
    ("inner", "found"),
    [
        ([{"id": "a"}, {"id": "m", "n": 1}], {"id": "m", "n": 1}),
        ({"id": "m"}, {"id": "m"}),
        ([None, "m", {"id": ["m"]}], None),
        ([], None),
        (None, None),
    ],
)
def test_contained(inner: Any, found: Json | None) -> None:
    """The contained resource of that id is found, in a list or alone."""
    assert contained({"contained": inner}, "#m") == found


@given(json_values())
@quick
def test_anything_may_be_contained(inner: Any) -> None:
    """Whatever `contained` holds, an object of that id is found or nothing is."""
    found = contained({"contained": inner}, "#m")
    assert found is None or found["id"] == "m"
