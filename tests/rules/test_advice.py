"""Suggestions: each change is valid R4, and never one that is there already."""

from datetime import date
from typing import Any

import pytest

from hooks.errors import InvalidAnswer
from hooks.order_sign import OrderSign
from prefetch import needs
from prefetch.chart import Chart
from prefetch.data import Data
from prefetch.states import Reason
from prefetch.systems import ICD10CM, LOINC, RXNORM
from rules._actions import to_action
from rules._advice import add_problem, change_dose, order_lab, prescribe, remove
from rules._finding import Advice
from tests.ehr import LISINOPRIL, PATIENT, Json, bundle, draft
from tests.strategies import as_json

CKD = (ICD10CM, "N18.4", "Chronic kidney disease, stage 4")


def chart(
    *drafts: Json,
    listed: tuple[Json, ...] = (),
    reason: Reason | None = None,
    visit: str | None = "e1",
) -> Chart:
    """A chart with these drafts, and with these resources on its lists."""
    entries = {"resourceType": "Bundle", "entry": [{"resource": d} for d in drafts]}
    context = OrderSign(
        patient_id=PATIENT, user_id="Practitioner/1", encounter_id=visit, draft_orders=entries
    )
    data = {
        need.key: Data(
            need,
            PATIENT,
            [as_json(bundle(*(r for r in listed if r["resourceType"] == need.resource)))],
            reason=reason,
        )
        for need in (needs.medications, needs.conditions)
    }
    return Chart(context, data, today=date(2026, 11, 21))


def resource(advice: Advice | None) -> Any:
    """The resource of the only change, once it is known to be fit to leave."""
    assert advice is not None
    (change,) = advice.changes
    return to_action(change, {"MedicationRequest/draft-1"}).resource


def test_a_dose_is_changed_on_the_draft_itself() -> None:
    """Dose, unit and timing are new, the route stays, and the amount to dispense is taken out."""
    sent = draft(
        dosageInstruction=[{"text": "1 g", "route": {"text": "oral"}, "asNeededBoolean": True}],
        dispenseRequest={"quantity": {"value": 60}, "numberOfRepeatsAllowed": 1},
    )
    (order,) = chart(sent).drafts
    advice = change_dose(order, 500, "mg", times_a_day=2)
    assert advice is not None
    assert advice.label == "Change the dose to 500 mg 2 times a day"
    changed = resource(advice)
    (dosage,) = changed["dosageInstruction"]
    assert dosage["doseAndRate"][0]["doseQuantity"]["value"] == 500
    assert dosage["timing"]["repeat"] == {"frequency": 2, "period": 1, "periodUnit": "d"}
    assert (dosage["route"], dosage["text"]) == ({"text": "oral"}, "500 mg 2 times a day")
    assert changed["dispenseRequest"] == {"numberOfRepeatsAllowed": 1}
    kept = {"id", "status", "intent", "subject", "medicationCodeableConcept"}
    assert {name: changed[name] for name in kept} == {name: sent[name] for name in kept}
    assert sent["dispenseRequest"]["quantity"]


def test_a_dose_once_a_day_reads_so() -> None:
    """Directions are added where there were none."""
    (order,) = chart(draft()).drafts
    assert resource(change_dose(order, 2.5, "mg"))["dosageInstruction"][0]["text"] == (
        "2.5 mg once a day"
    )


@pytest.mark.parametrize("given", [[{}, {}], "daily", ["daily"]])
def test_a_taper_is_left_alone(given: Any) -> None:
    """With several directions, or none that can be read, which to change cannot be told."""
    (order,) = chart(draft(dosageInstruction=given)).drafts
    assert change_dose(order, 5, "mg") is None


def test_a_change_to_another_order_does_not_leave() -> None:
    """An update names an order that is really on the pad."""
    (order,) = chart(draft(id="other")).drafts
    with pytest.raises(InvalidAnswer, match="update must name one of the draft orders"):
        resource(change_dose(order, 5, "mg"))


def test_a_test_is_ordered_for_this_visit() -> None:
    """The order is a draft for the patient, and for the visit if there is one."""
    drafted = resource(order_lab(chart(), "62238-1", "eGFR"))
    assert drafted["code"]["coding"][0] == {"system": LOINC, "code": "62238-1", "display": "eGFR"}
    assert (drafted["status"], drafted["subject"]) == ("draft", {"reference": f"Patient/{PATIENT}"})
    assert drafted["encounter"] == {"reference": "Encounter/e1"}
    assert "encounter" not in resource(order_lab(chart(visit=None), "62238-1", "eGFR"))


def test_a_test_on_the_pad_is_not_ordered_again() -> None:
    """The draft is found by its code."""
    pad = {
        "resourceType": "ServiceRequest",
        "id": "s",
        "code": {"coding": [{"system": LOINC, "code": "1"}]},
    }
    assert order_lab(chart(pad), "1", "x") is None
    assert order_lab(chart(pad), "2", "x")


def test_a_drug_is_prescribed_once() -> None:
    """Neither a drafted drug nor one on the list is suggested, nor any when that is unknown."""
    drafted = resource(prescribe(chart(), *LISINOPRIL))
    assert drafted["medicationCodeableConcept"]["coding"][0]["system"] == RXNORM
    taken = draft(LISINOPRIL, id="m1", status="active")
    assert prescribe(chart(draft(LISINOPRIL)), *LISINOPRIL) is None
    assert prescribe(chart(listed=(taken,)), *LISINOPRIL) is None
    assert prescribe(chart(reason=Reason.TIMEOUT), *LISINOPRIL) is None


def test_a_problem_is_added_once() -> None:
    """It goes onto the list as unconfirmed, unless it, or a subdivision, is there already."""
    added = resource(add_problem(chart(), *CKD))
    assert added["verificationStatus"]["coding"][0]["code"] == "unconfirmed"
    there = {
        "resourceType": "Condition",
        "id": "c",
        "code": {"coding": [{"system": ICD10CM, "code": "N18.4"}]},
    }
    assert add_problem(chart(listed=(there,)), *CKD) is None
    assert add_problem(chart(listed=(there,)), ICD10CM, "N18", "CKD") is None
    assert add_problem(chart(reason=Reason.FORBIDDEN), *CKD) is None


def test_removing_names_the_order() -> None:
    """A delete carries no resource."""
    (order,) = chart(draft()).drafts
    assert resource(remove(order)) is None
