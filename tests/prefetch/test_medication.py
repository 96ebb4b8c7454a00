"""MedicationRequest and its drug, wherever the drug is kept."""

from typing import Any

import pytest
from hypothesis import given

from prefetch.coding import Concept
from prefetch.medication import Medication, MedicationOrder, unresolved
from tests import ehr
from tests.ehr import AMOXICILLIN, RXNORM, Json
from tests.strategies import odd_resources, quick

DRUG: Json = {"resourceType": "Medication", "id": "m", "code": ehr.medication(*AMOXICILLIN)}
KNOWN = {"Medication/m": DRUG, "3fdc72f4": DRUG}


def referring(reference: Any, **changes: Any) -> Json:
    """A draft whose drug is a reference."""
    return ehr.draft(
        medicationCodeableConcept=None, medicationReference={"reference": reference}, **changes
    )


def order(resource: Json) -> MedicationOrder:
    """The order, with one Medication at hand."""
    return MedicationOrder(resource, KNOWN)


def test_a_plain_order() -> None:
    """Each part of a well-formed order is read."""
    found = order(ehr.draft(reasonCode=[{"text": "Otitis media"}, {}]))
    assert (found.id, found.reference) == ("draft-1", "MedicationRequest/draft-1")
    assert found.medication.product.code(RXNORM) == AMOXICILLIN[0]
    assert found.label == AMOXICILLIN[1]
    assert [reason.label for reason in found.reasons] == ["Otitis media"]


@pytest.mark.parametrize(
    ("dosage", "as_needed"),
    [
        (None, False),
        ([{"text": "one a day"}], False),
        ([{"asNeededBoolean": True}], True),
        ([{"asNeededCodeableConcept": {"text": "pain"}}], True),
        ([{"asNeededBoolean": True}, {"text": "one a day"}], False),
        ({"asNeededBoolean": True}, True),
        ([{"asNeededBoolean": "true"}, 7], False),
    ],
)
def test_as_needed_is_said_by_every_instruction(dosage: Any, *, as_needed: bool) -> None:
    """An order is as needed when all of its instructions are, and it has some."""
    assert order(ehr.draft(dosageInstruction=dosage)).is_as_needed is as_needed


@pytest.mark.parametrize(
    ("prior", "name"),
    [
        (None, ""),
        ({"reference": "MedicationRequest/old"}, "MedicationRequest/old"),
        ({"reference": "https://ehr.test/fhir/MedicationRequest/old"}, "MedicationRequest/old"),
        ({"display": "the old one"}, ""),
        ("old", ""),
    ],
)
def test_the_order_that_is_renewed_is_named(prior: Any, name: str) -> None:
    """`priorPrescription` leads to the order that this one replaces, however it is written."""
    assert order(ehr.draft(priorPrescription=prior)).replaces == name


@pytest.mark.parametrize(
    "resource",
    [
        ehr.draft(),
        referring("Medication/m"),
        referring("https://ehr.test/fhir/Medication/m"),
        referring("Medication/m/_history/2"),
        referring("urn:uuid:3fdc72f4"),
        referring("#in", contained=[{"id": "x"}, DRUG | {"id": "in"}]),
        referring("#in", contained=DRUG | {"id": "in"}),
        referring("Medication/m") | {"medicationCodeableConcept": {"coding": [{}]}},
    ],
)
def test_the_drug_is_found_wherever_it_is(resource: Json) -> None:
    """Inline, contained, a sibling entry or read for us: the same drug."""
    assert order(resource).medication.product.code(RXNORM) == AMOXICILLIN[0]


@pytest.mark.parametrize(
    ("resource", "label"),
    [
        (referring("Medication/absent"), "a medication"),
        (referring("#absent"), "a medication"),
        (referring(None), "a medication"),
        ({"medicationReference": {"reference": "Medication/no", "display": " Amoxil "}}, "Amoxil"),
        ({"medicationReference": {"display": "Amoxil"}}, "Amoxil"),
        ({"medicationReference": "Medication/m"}, "a medication"),
        ({}, "a medication"),
    ],
)
def test_a_drug_that_cannot_be_found(resource: Json, label: str) -> None:
    """A dangling reference keeps its display, and what nothing names is called a medication."""
    assert order(resource).label == label


def test_a_found_drug_without_a_name_keeps_the_references_display() -> None:
    """Where the Medication has no code, the order's own words are the product."""
    link = {"reference": "Medication/m", "display": "Amoxil"}
    found = MedicationOrder({"medicationReference": link}, {"Medication/m": {"code": {}}})
    assert found.medication == Medication(Concept(text="Amoxil"))


def test_every_ingredient_counts() -> None:
    """A contained drug of several ingredients names them all (ORA-12)."""
    parts = [{"itemCodeableConcept": {"text": name}} for name in ("amoxicillin", "clavulanate")]
    inner: Json = {"id": "in", "ingredient": [*parts, {}, None, {"itemCodeableConcept": {}}]}
    found = order(referring("#in", contained=[inner])).medication
    assert [each.label for each in found.ingredients] == ["amoxicillin", "clavulanate"]
    assert found.label == "amoxicillin / clavulanate"
    assert [each.label for each in found.concepts] == ["amoxicillin", "clavulanate"]


@pytest.mark.parametrize(
    ("status", "current"),
    [
        *((status, True) for status in ("active", "on-hold", "unknown", "draft", None, 5)),
        *((status, False) for status in ("stopped", "completed", "cancelled", "entered-in-error")),
        ("ACTIVE", True),
    ],
)
def test_which_orders_are_current(status: Any, current: bool) -> None:
    """An order that may be taken counts, also with a status that is unknown or absent (OEM-08)."""
    assert order(ehr.draft(status=status)).is_current is current


@pytest.mark.parametrize(
    ("said", "prohibition"), [(True, True), (False, False), (None, False), ("true", False)]
)
def test_a_prohibition_is_no_order(said: Any, prohibition: bool) -> None:
    """An order NOT to give a drug is told from one to give it, and is never current."""
    found = order(ehr.draft(status="active", doNotPerform=said))
    assert found.is_prohibition is prohibition
    assert found.is_current is not prohibition


@pytest.mark.parametrize(
    ("resource", "reference"),
    [
        (referring("Medication/x"), "Medication/x"),
        (referring("https://ehr.test/fhir/Medication/x/_history/1"), "Medication/x"),
        (referring("Medication/m"), ""),
        (referring("urn:uuid:3fdc72f4"), ""),
        (referring("urn:uuid:unknown"), ""),
        (referring("#in"), ""),
        (referring("Substance/x"), ""),
        (referring(None), ""),
        (ehr.draft(), ""),
        (ehr.draft(medicationReference={"reference": "Medication/x"}), ""),
        ({}, ""),
    ],
)
def test_what_must_still_be_read(resource: Json, reference: str) -> None:
    """Only a reference to a Medication nobody sent has to be read from the server."""
    assert unresolved(resource, KNOWN) == reference


@pytest.mark.parametrize(
    "reference", ["Medication/..", "Medication/x?_include=*", "Medication/x#y", "Medication/a b"]
)
def test_a_reference_that_is_no_read_is_not_read(reference: str) -> None:
    """A reference that would ask the server something else than one Medication is left alone."""
    assert unresolved(referring(reference), {}) == ""


@given(odd_resources("MedicationRequest"), odd_resources("Medication"))
@quick
def test_any_order_can_be_read(resource: Json, drug: Json) -> None:
    """No shape of an order, or of the drug it refers to, makes it unreadable."""
    found = MedicationOrder(resource, {"Medication/m": drug, "p1": drug})
    assert found.label
    assert all(found.medication.concepts)
    assert all(found.reasons)
    assert isinstance(found.is_current, bool)
    reference = unresolved(resource, {})
    assert not reference or reference.startswith("Medication/")
