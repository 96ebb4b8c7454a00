"""What a rule may suggest: each is one click for the clinician, and leaves the rest to them."""

from typing import Any, Final

from prefetch import needs
from prefetch.chart import Chart
from prefetch.coding import as_list
from prefetch.frozen import thawed
from prefetch.medication import MedicationOrder
from prefetch.systems import LOINC, RXNORM, UCUM
from rules._finding import Advice, Change, Replacement
from rules._knowledge.alternatives import Alternative

_ONE: Final = ("subject", "encounter", "requester")
_MANY: Final = ("category", "reasonCode", "reasonReference")  # one object for a list is taken
_CLINICAL: Final = "http://terminology.hl7.org/CodeSystem/condition-clinical"
_VERIFICATION: Final = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
_CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/condition-category"


def remove(order: MedicationOrder) -> Advice:
    """Take the drafted order off the pad."""
    label = f"Remove {order.label}"
    change = Change("delete", f"Remove the draft order: {order.label}", order.reference)
    return Advice(label, (change,), "remove")


def swap(order: MedicationOrder, alternative: Alternative) -> Replacement:
    """Replace the drafted order by another drug; dose and directions are left to the prescriber."""
    resource = drafted(order, alternative)
    named = f"{alternative.name}{alternative.told}"
    words = f"Draft {named} instead; dose and directions to be completed"
    return Replacement(
        label=f"Replace by {alternative.name}",
        changes=(remove(order).changes[0], Change("create", words, resource=resource)),
        key=f"replace-{alternative.rxcui}",
        order=MedicationOrder(resource, {}),
        alternative=alternative,
    )


def drafted(order: MedicationOrder, alternative: Alternative) -> dict[str, Any]:
    """A draft for another drug: subject, encounter, requester and reason as on the order."""
    sent = thawed(order.resource)
    return {
        "resourceType": "MedicationRequest",
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": _concept(RXNORM, alternative.rxcui, alternative.name),
        **{name: sent[name] for name in _ONE if sent.get(name)},
        **{name: as_list(sent[name]) for name in _MANY if sent.get(name)},
    }


def change_dose(
    order: MedicationOrder, dose: float, unit: str, *, times_a_day: int = 1
) -> Advice | None:
    """Change the drafted order's dose and how often it is given; the route stays.

    The amount to dispense no longer fits and is left to be completed. None for a draft with
    several directions, such as a taper: which of them is meant cannot be told.

    Args:
        order: the drafted order.
        dose: how much each time.
        unit: its unit in UCUM, such as `mg`.
        times_a_day: how often.
    """
    sent = thawed(order.resource)
    given = sent.get("dosageInstruction") or [{}]
    if not isinstance(given, list) or len(given) != 1 or not isinstance(given[0], dict):
        return None
    often = "once a day" if times_a_day == 1 else f"{times_a_day} times a day"
    words = f"{dose:g} {unit} {often}"
    quantity = {"value": dose, "unit": unit, "system": UCUM, "code": unit}
    sent["dosageInstruction"] = [
        {
            "text": words,
            "timing": {"repeat": {"frequency": times_a_day, "period": 1, "periodUnit": "d"}},
            **({"route": given[0]["route"]} if given[0].get("route") else {}),
            "doseAndRate": [{"doseQuantity": quantity}],
        }
    ]
    if isinstance(sent.get("dispenseRequest"), dict):
        sent["dispenseRequest"].pop("quantity", None)
    description = f"Change {order.label} to {words}; the amount to dispense is to be completed"
    change = Change("update", description, order.reference, sent)
    return Advice(f"Change the dose to {words}", (change,), f"dose-{dose:g}-{unit}-{times_a_day}")


def order_lab(chart: Chart, loinc: str, name: str) -> Advice | None:
    """Draft a laboratory order; None when one for this code is on the pad already.

    Args:
        chart: whose.
        loinc: the test's LOINC code.
        name: what it is called.
    """
    if chart.is_drafted("ServiceRequest", LOINC, loinc):
        return None
    resource = _order(chart, "ServiceRequest") | {"code": _concept(LOINC, loinc, name)}
    change = Change("create", f"Draft an order for {name}", resource=resource)
    return Advice(f"Order {name}", (change,), f"order-{loinc}")


def prescribe(chart: Chart, rxcui: str, name: str) -> Advice | None:
    """Draft a medication order; dose and directions are left to the prescriber.

    None when this drug is on the pad or the medication list already, or when the list was not
    obtained: then nobody can tell.

    Args:
        chart: whose.
        rxcui: the drug's RxNorm code.
        name: what it is called.
    """
    if not chart.knows(needs.medications) or chart.is_drafted("MedicationRequest", RXNORM, rxcui):
        return None
    if any(order.medication.product.is_a(RXNORM, rxcui) for order in chart.medications):
        return None
    drug = {"medicationCodeableConcept": _concept(RXNORM, rxcui, name)}
    resource = _order(chart, "MedicationRequest") | drug
    words = f"Draft {name}; dose and directions to be completed"
    return Advice(f"Order {name}", (Change("create", words, resource=resource),), f"order-{rxcui}")


def add_problem(chart: Chart, system: str, code: str, name: str) -> Advice | None:
    """Add a problem to the problem list, as unconfirmed: that is for the clinician to say.

    None when it is on the list already, or when the list was not obtained.

    Args:
        chart: whose.
        system: the code's system, such as `ICD10CM`.
        code: the problem's code.
        name: what it is called.
    """
    if not chart.knows(needs.conditions):
        return None
    if any(condition.code.is_a(system, code) for condition in chart.conditions):
        return None
    resource = {
        "resourceType": "Condition",
        "clinicalStatus": _concept(_CLINICAL, "active"),
        "verificationStatus": _concept(_VERIFICATION, "unconfirmed"),
        "category": [_concept(_CATEGORY, "problem-list-item")],
        "code": _concept(system, code, name),
        **_about(chart),
    }
    change = Change("create", f"Add {name} to the problem list", resource=resource)
    return Advice(f"Add {name} to the problem list", (change,), f"problem-{code}")


def _order(chart: Chart, kind: str) -> dict[str, Any]:
    return {"resourceType": kind, "status": "draft", "intent": "order", **_about(chart)}


def _about(chart: Chart) -> dict[str, Any]:
    visit = {"encounter": {"reference": f"Encounter/{chart.encounter_id}"}}
    subject = {"subject": {"reference": f"Patient/{chart.patient_id}"}}
    return subject | (visit if chart.encounter_id else {})


def _concept(system: str, code: str, name: str = "") -> dict[str, Any]:
    if not name:
        return {"coding": [{"system": system, "code": code}]}
    return {"coding": [{"system": system, "code": code, "display": name}], "text": name}
