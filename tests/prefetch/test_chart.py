"""The chart: what a rule may ask of a patient, and never a guess."""

from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hooks.errors import NotKnown, NotObtained, RuleError, WrongPatient
from hooks.order_select import OrderSelect
from hooks.order_sign import OrderSign
from hooks.patient_view import PatientView
from hooks.request import Context
from prefetch import needs
from prefetch.chart import Chart, included_medications
from prefetch.data import Data
from prefetch.drafts import refuse_other_patients, selected_drafts, sibling_medications
from prefetch.needs import Need
from prefetch.not_on_file import NotOnFile
from prefetch.observation import Lab
from prefetch.reading import read
from prefetch.states import Reason
from prefetch.systems import LOINC, RXNORM
from tests.ehr import LISINOPRIL, PATIENT, Json, allergy, bundle, draft, medication, status
from tests.strategies import as_json, json_values, odd_resources, quick

TODAY = date(2026, 11, 21)
DRUG: Json = {"resourceType": "Medication", "id": "m", "code": medication(*LISINOPRIL)}
LINK: Json = {
    "medicationCodeableConcept": None,
    "medicationReference": {"reference": "Medication/m"},
}


def drafts_of(*entries: Json) -> Json:
    """A Bundle of these entries."""
    return {"resourceType": "Bundle", "entry": [*entries]}


def signing(*resources: Json) -> Context:
    """The context of signing these drafts."""
    entries = drafts_of(*({"resource": resource} for resource in resources))
    return OrderSign(patient_id=PATIENT, user_id="Practitioner/1", draft_orders=entries)


def selecting(selections: list[Any], *resources: Json) -> Context:
    """The context of having selected some of these drafts."""
    entries = drafts_of(*({"resource": resource} for resource in resources))
    return OrderSelect(
        patient_id=PATIENT, user_id="Practitioner/1", draft_orders=entries, selections=selections
    )


def known(need: Need, *resources: Json, reason: Reason | None = None) -> dict[str, Data]:
    """What is known under one key: a searchset of these, or nothing for a reason."""
    pages = [] if reason else [as_json(bundle(*resources))]
    return {need.key: Data(need, PATIENT, pages, reason=reason)}


def chart(data: dict[str, Data], context: Context | None = None, **references: bytes) -> Chart:
    """A chart of this data, and of Medications as a server answered for them."""
    found = {
        name: resource
        for name, body in references.items()
        for resource in read([body], "Medication", PATIENT).resources
    }
    return Chart(context or signing(), data, found, today=TODAY)


def test_only_allergies_that_stand_are_listed() -> None:
    """Refuted, mistaken and resolved entries are not on the list."""
    entries = [
        allergy(id="stands"),
        allergy(id="refuted", verificationStatus=status("verification", "refuted")),
        allergy(id="resolved", clinicalStatus=status("clinical", "resolved")),
    ]
    assert [each.id for each in chart(known(needs.allergies, *entries)).allergies] == ["stands"]


def test_only_current_orders_are_listed() -> None:
    """Stopped orders and prohibitions are not on the list: some servers do not filter (EPIC-29)."""
    entries = [
        draft(id="taken", status="active"),
        draft(id="stopped", status="stopped"),
        draft(id="never", status="active", doNotPerform=True),
    ]
    found = chart(known(needs.medications, *entries)).medications
    assert [order.id for order in found] == ["taken"]


@pytest.mark.parametrize("name", ["allergies", "medications"])
def test_a_list_that_was_not_obtained_cannot_be_read(name: str) -> None:
    """A rule that reads it gets no empty list: the reading raises, with key and reason."""
    found = chart(known(getattr(needs, name), reason=Reason.FORBIDDEN))
    with pytest.raises(NotObtained) as caught:
        getattr(found, name)
    assert (caught.value.key, caught.value.reason) == (name, Reason.FORBIDDEN)


@pytest.mark.parametrize(
    ("data", "knows"),
    [
        (known(needs.allergies), True),
        (known(needs.allergies, allergy()), True),
        (known(needs.allergies, allergy(), {}), False),
        (known(needs.allergies, reason=Reason.TIMEOUT), False),
        ({}, False),
    ],
)
def test_knows(data: dict[str, Data], knows: bool) -> None:
    """A rule may rely on optional data only when all of it came."""
    found = chart(data)
    assert found.knows(needs.allergies) is knows
    assert (found.data("allergies") is None) is (data == {})


def test_drafts_are_the_medication_orders() -> None:
    """Other orders, prohibitions and Medications among the drafts are no medication orders."""
    other = {"resourceType": "ServiceRequest", "id": "s"}
    found = chart({}, signing(draft(), other, DRUG, draft(id="no", doNotPerform=True)))
    assert [order.id for order in found.drafts] == ["draft-1"]
    assert found.patient_id == PATIENT


@pytest.mark.parametrize(
    ("selections", "picked"),
    [
        (["MedicationRequest/b"], ["b"]),
        (["https://ehr.test/fhir/MedicationRequest/b/_history/1"], ["b"]),
        (["b"], ["b"]),
        (["MedicationRequest/c", "MedicationRequest/a"], ["a", "c"]),
        (["MedicationRequest/unknown"], ["a", "b", "c"]),
        ([""], ["a", "b", "c"]),
        ([], ["a", "b", "c"]),
    ],
)
def test_selected_drafts(selections: list[str], picked: list[str]) -> None:
    """Advice is on the orders just picked (EPIC-17), or on all when nothing says which."""
    context = selecting(selections, *(draft(id=id_) for id_ in "abc"))
    assert [each["id"] for each in selected_drafts(context)] == picked
    assert [order.id for order in chart({}, context).selected] == picked


def test_signing_is_for_all_drafts() -> None:
    """Without selections every draft is meant, also one without an id."""
    context = signing(draft(id="a"), draft(id=None))
    assert len(chart({}, context).selected) == 2


def test_a_draft_without_an_id_is_not_selected_by_an_empty_selection() -> None:
    """An id that is absent matches nothing."""
    context = selecting(["", "MedicationRequest/a"], draft(id="a"), draft(id=None), draft(id=""))
    assert [each.get("id") for each in selected_drafts(context)] == ["a"]


@pytest.mark.parametrize(
    ("entry", "reference"),
    [
        ({"resource": DRUG}, "Medication/m"),
        ({"resource": DRUG, "fullUrl": "urn:uuid:7"}, "urn:uuid:7"),
        ({"resource": DRUG, "fullUrl": "https://ehr.test/fhir/Medication/9"}, "Medication/9"),
    ],
)
def test_a_drug_among_the_drafts(entry: Json, reference: str) -> None:
    """A draft's drug in a sibling entry is found by id or fullUrl, with no FHIR call (EPIC-14)."""
    order = draft(**(LINK | {"medicationReference": {"reference": reference}}))
    entries = drafts_of({"resource": order}, entry)
    context = OrderSign(patient_id=PATIENT, user_id="a/1", draft_orders=entries)
    (found,) = chart({}, context).drafts
    assert found.label == LISINOPRIL[1]
    assert sibling_medications(context)["Medication/m"] == DRUG


def test_an_included_drug() -> None:
    """A drug that came along with the list is the drug of the orders that refer to it."""
    data = known(needs.medications, draft(status="active", **LINK), DRUG)
    assert [order.label for order in chart(data).medications] == [LISINOPRIL[1]]
    assert included_medications(data["medications"]) == {"Medication/m": DRUG}


@pytest.mark.parametrize(
    ("body", "label"),
    [
        (as_json(DRUG), LISINOPRIL[1]),
        (as_json({"resourceType": "OperationOutcome"}), "Amoxil"),
        (as_json({"resourceType": "Patient", "code": {"text": "x"}}), "Amoxil"),
        (b'{"resourceType": "Medication", "code": {"text": "\xff"}}', "Amoxil"),
        (b'{"resourceType": "Medication", "code": ' + b"[" * 2000 + b"]" * 2000 + b"}", "Amoxil"),
        (b"[]", "Amoxil"),
    ],
)
def test_a_drug_that_was_read(body: bytes, label: str) -> None:
    """A drug read for us is used if it is one; anything else leaves the display of the order."""
    link = {"reference": "Medication/m", "display": "Amoxil"}
    context = signing(draft(**(LINK | {"medicationReference": link})))
    assert [o.label for o in chart({}, context, **{"Medication/m": body}).drafts] == [label]


def test_drafts_for_others_are_refused() -> None:
    """Each draft for another patient is named by its place among the entries that were sent."""
    theirs = draft(subject={"reference": "Patient/p2"})
    context = signing(draft(), theirs, {"resourceType": "Medication"}, theirs)
    with pytest.raises(WrongPatient) as caught:
        refuse_other_patients(context)
    assert [(problem.where, problem.code) for problem in caught.value.problems] == [
        ("context.draftOrders.entry[1].resource", "conflict"),
        ("context.draftOrders.entry[3].resource", "conflict"),
    ]
    assert "p2" not in str(caught.value)


@pytest.mark.parametrize(
    "context",
    [
        signing(),
        signing(draft(), draft(subject=None), draft(subject={"reference": "Group/g"})),
        PatientView(patient_id=PATIENT, user_id="Practitioner/1"),
    ],
)
def test_drafts_for_this_patient_pass(context: Context) -> None:
    """Orders for this patient, or that name none, are accepted."""
    refuse_other_patients(context)


@given(
    st.lists(odd_resources("MedicationRequest") | odd_resources(), max_size=4),
    st.lists(json_values(), max_size=3),
)
@quick
def test_any_drafts_can_be_charted(resources: list[Json], selections: list[Any]) -> None:
    """Whatever the drafts and selections hold, they can be judged and the chart can be read."""
    assume(all(isinstance(r.get("resourceType"), str) for r in resources))  # others are refused
    context = selecting(selections, *resources)
    with suppress(WrongPatient):
        refuse_other_patients(context)
    found = chart({}, context)
    assert set(map(id, found.selected)) <= set(map(id, found.drafts))
    assert all(order.label for order in found.drafts)
    assert bool(selected_drafts(context)) is bool(resources)


@given(st.lists(odd_resources("MedicationRequest") | odd_resources("Medication"), max_size=4))
@quick
def test_any_list_can_be_charted(resources: list[Json]) -> None:
    """Whatever the medication list holds, its orders can be read or it was not obtained."""
    found = chart(known(needs.medications, *resources))
    listed = found.data("medications")
    if listed is not None and listed.obtained:
        assert all(order.label for order in found.medications)
    else:
        with pytest.raises(NotObtained):
            _ = found.medications


EGFR = needs.labs("eGFR", "33914-3")


def result(number: float, day: str | None, **changes: Any) -> Json:
    """An eGFR of a day."""
    sent: Json = {
        "resourceType": "Observation",
        "id": f"o-{day}-{number}",
        "status": "final",
        "subject": {"reference": f"Patient/{PATIENT}"},
        "code": {"coding": [{"system": LOINC, "code": "33914-3"}]},
        "effectiveDateTime": day,
        "valueQuantity": {"value": number, "unit": "mL/min/{1.73_m2}"},
    } | changes
    return {name: value for name, value in sent.items() if value is not None}


def test_results_come_newest_first() -> None:
    """Withdrawn results and those of other tests are left out; the time of day counts."""
    other = {"coding": [{"system": LOINC, "code": "2823-3"}]}
    data = known(
        EGFR,
        result(50, "2026-01-01T08:00:00Z"),
        result(40, "2026-01-01T09:00:00+02:00"),
        result(30, "2026-01"),
        result(99, None),
        result(10, "2026-05-01", status="entered-in-error"),
        result(5, "2026-06-01", code=other),
    )
    found = chart(data).labs(EGFR)
    assert [lab.shown.split()[0] for lab in found] == ["50", "40", "30", "99"]
    same = chart(data)
    assert same.labs(EGFR) is same.labs(EGFR)


@pytest.mark.parametrize(
    ("results", "days", "shown"),
    [
        ([result(50, "2026-11-01"), result(28, "2026-11-20")], 365, "28"),
        ([result(50, "2025-11-21")], 365, "50"),
        ([result(50, "2025-11-20")], 365, None),
        ([result(50, "2025-11")], 365, "50"),
        ([result(50, "2026-11-20T23:00:00-05:00")], 1, "50"),
        ([result(50, None)], 365, None),
        ([], 365, None),
    ],
)
def test_the_latest_result(results: list[Json], days: int, shown: str | None) -> None:
    """The newest that is not too old; without one it is not on file, which is not zero."""
    found = chart(known(EGFR, *results)).latest(EGFR, days=days)
    if shown is None:
        assert isinstance(found, NotOnFile)
        assert found.why == f"no eGFR of the last {days} days is on file"
    else:
        assert isinstance(found, Lab)
        assert found.shown.startswith(shown)


def test_only_conditions_that_stand_are_listed() -> None:
    """Resolved, refuted and mistaken entries are not on the list."""
    entries = [
        {"resourceType": "Condition", "id": "stands", "code": {"text": "x"}},
        {"resourceType": "Condition", "id": "gone", "clinicalStatus": {"text": "resolved"}},
    ]
    assert [c.id for c in chart(known(needs.conditions, *entries)).conditions] == ["stands"]


def test_the_patient_and_the_visit() -> None:
    """A record that was read is the patient's as of the day of the call."""
    record = {"resourceType": "Patient", "id": PATIENT, "birthDate": "1961-11-21"}
    visit = {"resourceType": "Encounter", "id": "e1", "class": {"code": "IMP"}}
    data = {
        need.key: Data(need, PATIENT, [as_json(r)])
        for need, r in ((needs.patient, record), (needs.encounter, visit))
    }
    found = chart(data, PatientView(patient_id=PATIENT, user_id="a/1", encounter_id="e1"))
    assert found.patient.age == 65
    assert (found.encounter.setting, found.encounter_id) == ("IMP", "e1")


@pytest.mark.parametrize(
    "read",
    [
        lambda c: c.patient,
        lambda c: c.conditions,
        lambda c: c.labs(EGFR),
        lambda c: c.latest(EGFR, days=9),
        lambda c: c.path(EGFR, "status"),
    ],
)
def test_what_was_not_obtained_is_not_empty(read: Any) -> None:
    """Reading a piece that could not be had raises, with its key; also where the reply was null."""
    data = {
        need.key: Data(need, PATIENT, [], reason=Reason.TIMEOUT)
        for need in (needs.patient, needs.conditions, EGFR)
    }
    with pytest.raises(NotObtained):
        read(chart(data))


def test_a_patient_that_is_null_was_not_obtained() -> None:
    """Null for a record that must be there is no record."""
    with pytest.raises(NotObtained):
        _ = chart({"patient": Data(needs.patient, PATIENT, [b"null"])}).patient


def test_a_need_that_is_not_declared_is_a_mistake_of_the_rule() -> None:
    """The message names the data, for the author to add it to the needs."""
    with pytest.raises(RuleError, match="reads the eGFR results, which its needs do not name"):
        chart({}).labs(EGFR)


def test_full_models() -> None:
    """Everything a chart shows can be had as a model of fhir.resources, once for each call."""
    data = known(needs.allergies, allergy(code={"text": "x"})) | known(
        EGFR, result(50, "2026-01-01", note=[{"text": "fasting"}])
    )
    found = chart(data, signing(draft()))
    model = found.full(found.allergies[0])
    assert (type(model).__name__, model.code.text) == ("AllergyIntolerance", "x")
    assert found.full(found.allergies[0]) is model
    assert found.full(found.labs(EGFR)[0]).note[0].text == "fasting"
    assert found.full(found.drafts[0]).status == "draft"


def test_entries_without_an_id_have_models_of_their_own() -> None:
    """Two that nothing tells apart are not taken for each other."""
    sent = [allergy(id=None, code={"text": "x"}), allergy(id=None, code={"text": "y"})]
    found = chart(known(needs.allergies, *sent))
    assert [found.full(each).code.text for each in found.allergies] == ["x", "y"]


def test_a_resource_that_is_not_valid_has_no_full_model() -> None:
    """The rule is told where it is wrong, and the clinician that it was not checked."""
    found = chart(known(needs.allergies, allergy(clinicalStatus="active")))
    with pytest.raises(NotKnown, match="AllergyIntolerance on file is not valid FHIR R4 at clinic"):
        found.full(found.allergies[0])


def test_paths() -> None:
    """A path gives the distinct values over all resources of a need, alternatives united."""
    reaction = [{"severity": "severe", "manifestation": [{"text": "Hives"}]}]
    data = known(needs.allergies, allergy(reaction=reaction), allergy(id="a2", reaction=reaction))
    found = chart(data)
    assert found.path(needs.allergies, "reaction.severity") == ("severe",)
    assert found.path(needs.allergies, "id | reaction.manifestation.text") == ("a1", "a2", "Hives")
    assert found.path(needs.allergies, "criticality") == ()


def test_paths_that_lead_out_or_are_none() -> None:
    """A reference that was not read is not known; what the subset lacks is refused by name."""
    sent = allergy(asserter={"reference": "Practitioner/7"})
    found = chart(known(needs.allergies, sent))
    assert found.path(needs.allergies, "asserter.resolve().id") == ("7",)
    with pytest.raises(NotKnown):
        found.path(needs.allergies, "asserter.resolve().active")
    with pytest.raises(RuleError, match="is no path: write element names"):
        found.path(needs.allergies, "reaction.where(severity='severe')")


def test_what_is_on_the_pad_already() -> None:
    """An order is found by its code, whatever its type calls it."""
    lab = {"resourceType": "ServiceRequest", "code": {"coding": [{"system": LOINC, "code": "1"}]}}
    found = chart({}, signing(draft(LISINOPRIL), lab))
    assert found.is_drafted("ServiceRequest", LOINC, "1")
    assert found.is_drafted("MedicationRequest", RXNORM, LISINOPRIL[0])
    assert not found.is_drafted("ServiceRequest", LOINC, "2")
    assert not found.is_drafted("MedicationRequest", LOINC, "1")


def test_a_chart_cannot_be_changed() -> None:
    """Setting a part of it fails loudly."""
    with pytest.raises(RuleError, match=r"set Chart\.allergies"):
        chart({}).allergies = ()
