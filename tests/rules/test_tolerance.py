"""What counts as given since, and what it does to an alert."""

from datetime import date
from typing import Any

import pytest

from hooks.order_sign import OrderSign
from prefetch import needs
from prefetch.allergy import Allergy
from prefetch.chart import Chart
from prefetch.coding import Coding, Concept
from prefetch.data import Data
from prefetch.states import Reason
from prefetch.systems import NDC
from rules import allergy_conflicts, charted
from rules._allergy.conflicts import AllergyConflict
from rules._knowledge import Knowledge
from tests.ehr import AMOXICILLIN, LISINOPRIL, PATIENT, Json, allergy, bundle, draft, medication
from tests.strategies import as_json

KNOW = Knowledge.shipped()
TODAY = date(2026, 11, 21)
RECORDED: Json = {"recordedDate": "2019-05-01"}
GENTAMICIN = ("310467", "gentamicin 3 MG/ML Ophthalmic Solution")
GENTAMICIN_INJECTION = ("313996", "gentamicin 40 MG/ML Injectable Solution")
PROGESTERONE = ("260243", "progesterone 100 MG Oral Capsule")


def dose(drug: tuple[str, str] = AMOXICILLIN, day: str | None = "2024-05-03", **more: Any) -> Json:
    """A dose that was given."""
    found: Json = {
        "resourceType": "MedicationAdministration",
        "id": "d1",
        "status": "completed",
        "subject": {"reference": f"Patient/{PATIENT}"},
        "medicationCodeableConcept": medication(*drug),
    }
    return found | ({"effectiveDateTime": day} if day else {}) | more


def course(day: str, **more: Any) -> Json:
    """An order of amoxicillin that was carried out to its end."""
    return draft(id="c1", status="completed", authoredOn=day, **more)


def chart_of(*given: Json, reason: Reason | None = None) -> Chart:
    """A chart of which these are the completed orders and doses, or could not be had."""
    context = OrderSign(patient_id=PATIENT, user_id="Practitioner/1", draft_orders={})
    data = {}
    for need in (needs.past_medications, needs.administrations):
        found = [each for each in given if each["resourceType"] == need.resource]
        pages = [] if reason else [as_json(bundle(*found))]
        data[need.key] = Data(need, PATIENT, pages, reason=reason)
    return Chart(context, data, today=TODAY)


def conflict(entry: Json, chart: Chart, order: Json | None = None) -> AllergyConflict:
    """The conflict of amoxicillin, or another order, with an entry."""
    (ordered,) = Chart(
        OrderSign(
            patient_id=PATIENT,
            user_id="Practitioner/1",
            draft_orders={"resourceType": "Bundle", "entry": [{"resource": order or draft()}]},
        ),
        {},
        today=TODAY,
    ).selected
    (found,) = allergy_conflicts(ordered, charted([Allergy(entry)], KNOW), KNOW, chart)
    return found


def urgency(entry: Json, *given: Json) -> str:
    """How urgent amoxicillin is for an entry, when so much was given."""
    return conflict(entry, chart_of(*given)).indicator


@pytest.mark.parametrize("given", [dose(), course("2024-05-03")], ids=["dose", "course"])
def test_a_later_dose_or_course_lowers_the_alert_and_says_why(given: Json) -> None:
    """The card is one of information, and names what was given, and when."""
    found = conflict(allergy(**RECORDED), chart_of(given))
    assert found.indicator == "info"
    assert found.headline().endswith("chart records allergy to penicillin, 2019; given since, 2024")
    line = next(line for line in found.evidence.splitlines() if line.startswith("- Since then: "))
    assert "amoxicillin 500 MG Oral Capsule" in line
    assert "2024-05-03; lowered for that" in line


def test_a_dose_of_today_counts() -> None:
    """What was given in the morning was given since; what is dated tomorrow was not."""
    assert urgency(allergy(**RECORDED), dose(day="2026-11-21")) == "info"
    assert urgency(allergy(**RECORDED), dose(day="2026-11-22")) == "critical"


def test_after_a_severe_entry_it_is_lowered_by_less() -> None:
    """What was given after an anaphylaxis may have been a desensitisation: it stays a warning."""
    severe = allergy(criticality="high", **RECORDED)
    assert urgency(severe) == "critical"
    assert urgency(severe, dose()) == "warning"


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"recordedDate": "2024-05-03"},
        {"recordedDate": "2024"},
        {"recordedDate": "2019", "lastOccurrence": "2024-06-01"},
        {"recordedDate": "2019", "onsetDateTime": "2025"},
        {"recordedDate": "2019", "reaction": [{"onset": "2024-05-04", "description": "hives"}]},
        {"recordedDate": "1900-01-01"},
    ],
    ids=["no date", "same day", "same year", "occurred", "began", "reacted", "placeholder"],
)
def test_only_what_is_later_than_all_that_the_entry_tells_counts(changes: Json) -> None:
    """A dose of 3 May 2024 says nothing of an entry that tells of that day or later, or of none."""
    assert urgency(allergy(**changes), dose()) == "critical"


@pytest.mark.parametrize(
    "given",
    [
        dose(LISINOPRIL),
        dose(day=None),
        dose(day="2027-01-01"),
        dose(status="not-done"),
        course("2024-05-03") | {"status": "stopped"},
        course("2024-05-03") | {"status": "active"},
        course("2024-05-03") | {"doNotPerform": True},
        course("2024-05-03") | {"intent": "plan"},
    ],
    ids=[
        *("other drug", "no day", "to come", "not done", "stopped", "active", "not to be given"),
        "planned",
    ],
)
def test_what_is_no_proof_lowers_nothing(given: Json) -> None:
    """Another drug, no day, a day to come, or a dose that was not given leave the alert alone."""
    assert urgency(allergy(**RECORDED), given) == "critical"


def test_eye_drops_prove_nothing_for_an_injection() -> None:
    """A form for one place of the body says little of the whole."""
    entry = allergy({"text": "gentamicin"}, **RECORDED)
    order = draft(medicationCodeableConcept={"text": "gentamicin 40 mg/mL injection"})
    for text, urgent in (("gentamicin eye drops", "critical"), ("gentamicin injection", "info")):
        given = dose(medicationCodeableConcept={"text": text})
        assert conflict(entry, chart_of(given), order).indicator == urgent
    coded = dose(GENTAMICIN)
    assert conflict(entry, chart_of(coded), order).indicator == "critical"


@pytest.mark.parametrize(
    "word",
    [
        *("topical", "ophthalmic", "otic", "nasal", "vaginal", "rectal"),
        *("cream", "ointment", "lotion", "gel", "drop", "drops", "eye", "ear"),
        *("inhalation", "inhalant", "inhaler", "nebulizer", "irrigation", "patch", "implant"),
        *("pad", "pads", "swab", "shampoo", "soap"),
        *("foam", "spray", "paste", "mouthwash", "mucosal"),
        *("enema", "intravesical", "ophth", "oint"),
    ],
)
def test_each_word_of_a_local_form_proves_nothing(word: str) -> None:
    """Whatever the code is, one such word in what the record calls the dose is enough."""
    entry = allergy({"text": "gentamicin"}, **RECORDED)
    order = draft(medicationCodeableConcept={"text": "gentamicin 40 mg/mL injection"})
    given = dose(GENTAMICIN_INJECTION) | {
        "medicationCodeableConcept": medication(*GENTAMICIN_INJECTION) | {"text": f"Some {word}"}
    }
    assert conflict(entry, chart_of(dose(GENTAMICIN_INJECTION)), order).indicator == "info"
    assert conflict(entry, chart_of(given), order).indicator == "critical"


def test_a_local_form_is_known_by_its_code_alone() -> None:
    """Eye drops of which the record gives no more than the code are eye drops."""
    entry = allergy({"text": "gentamicin"}, **RECORDED)
    order = draft(medicationCodeableConcept={"text": "gentamicin 40 mg/mL injection"})
    given = dose(medicationCodeableConcept=medication(GENTAMICIN[0], "gentamicin"))
    assert conflict(entry, chart_of(given), order).indicator == "critical"


def test_what_a_product_holds_besides_is_not_tolerated_with_the_drug() -> None:
    """Progesterone given since may have been a product without peanut oil: nothing is lowered."""
    entry = allergy({"text": "Peanut"}, category=["food"], **RECORDED)
    order = draft(PROGESTERONE)
    found = conflict(entry, chart_of(dose(PROGESTERONE)), order)
    assert (found.indicator, found.given) == ("warning", None)
    assert found.headline().startswith("Progesterone contains peanut oil; ")


def test_the_latest_of_several_is_told() -> None:
    """A course of 2024 and a dose of 2025: the card speaks of 2025."""
    found = conflict(allergy(**RECORDED), chart_of(course("2024-05-03"), dose(day="2025-02")))
    assert found.given
    assert (found.given.date.year, found.given.what.id) == (2025, "d1")


def test_a_combination_that_held_it_counts() -> None:
    """Amoxicillin with clavulanate was amoxicillin as well."""
    combined = ("824190", "amoxicillin 500 MG / clavulanate 125 MG Oral Tablet [Augmentin]")
    assert urgency(allergy({"text": "amoxicillin"}, **RECORDED), dose(combined)) == "info"


def test_what_could_not_be_read_lowers_nothing() -> None:
    """An alert stays as it is where nobody could look."""
    found = conflict(allergy(**RECORDED), chart_of(reason=Reason.FORBIDDEN))
    assert (found.indicator, found.given) == ("critical", None)


def test_a_site_may_have_it_silent() -> None:
    """A cell of the policy that says silent gives no card."""
    know = KNOW.with_urgency({"same-class/high": {"tolerated": "silent"}})
    listed = charted([Allergy(allergy(**RECORDED))], know)
    ordered = conflict(allergy(), chart_of()).order
    assert allergy_conflicts(ordered, listed, know, chart_of(dose())) == []
    assert allergy_conflicts(ordered, listed, know, chart_of())


def test_eye_drops_by_their_package_code_prove_nothing_either() -> None:
    """A National Drug Code leads to the product's name, and with it to its form."""
    entry = allergy({"text": "gentamicin"}, **RECORDED)
    order = draft(medicationCodeableConcept={"text": "gentamicin 40 mg/mL injection"})
    code = {"system": NDC, "code": "17478028310", "display": "Gentamicin"}
    given = dose(medicationCodeableConcept={"coding": [code], "text": "Gentamicin"})
    drug = KNOW.drug(Concept((Coding(NDC, "17478028310"),)))
    assert drug is not None
    assert KNOW.ordered_name(drug) == "gentamicin 3 MG/ML Ophthalmic Solution"
    assert conflict(entry, chart_of(given), order).indicator == "critical"


@pytest.mark.parametrize(
    "form", ["oral", "capsule", "capsules", "tablet", "tablets", "cap", "caps", "po"]
)
def test_vancomycin_by_mouth_proves_nothing(form: str) -> None:
    """It stays in the gut; of another drug, what was swallowed counts."""
    for name, urgent in (("vancomycin", "critical"), ("amoxicillin", "info")):
        entry = allergy({"text": name}, **RECORDED)
        order = draft(medicationCodeableConcept={"text": f"{name} 500 mg injection"})
        given = dose(medicationCodeableConcept={"text": f"{name} 125 mg {form}"})
        assert conflict(entry, chart_of(given), order).indicator == urgent
