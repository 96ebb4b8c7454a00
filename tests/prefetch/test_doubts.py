"""Answers that contradict themselves or hide what is missing are never taken for "none"."""

import msgspec
import pytest

from hooks.errors import WrongPatient
from hooks.order_select import OrderSelect
from prefetch import needs
from prefetch.client import Access, FhirClient
from prefetch.data import Data
from prefetch.drafts import refuse_other_patients, selected_drafts
from prefetch.origins import AllowedServers
from prefetch.recognise import recognise
from prefetch.references import names_other_patient
from prefetch.states import Reason, State
from tests.ehr import Json, bundle, draft


def allergies(value: object) -> Data:
    """The allergy list as this value gives it."""
    return Data(needs.allergies, "p1", [msgspec.json.encode(value)])


def outcome(**issue: object) -> Json:
    """An OperationOutcome with one issue."""
    return {"resourceType": "OperationOutcome", "issue": [issue]}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"resourceType": "Bundle", "total": 5}, Reason.TRUNCATED),
        (bundle(outcome(code="forbidden")), Reason.OUTCOME),
        (bundle(outcome(code="invalid")), Reason.OUTCOME),
        (bundle(outcome(severity="warning", code="suppressed")), Reason.OUTCOME),
        (bundle(outcome(severity="information", code="timeout")), Reason.OUTCOME),
    ],
)
def test_an_empty_list_that_hides_something_is_not_empty(value: Json, reason: Reason) -> None:
    """A total without entries, and an outcome that says why nothing came, are no "none"."""
    found = allergies(value)
    assert (found.state, found.reason) == (State.NOT_OBTAINED, reason)


@pytest.mark.parametrize(
    "value",
    [
        bundle(outcome(severity="information", code="informational")),
        bundle(outcome(severity="warning", code="not-supported")),
        {"resourceType": "Bundle", "total": 0},
    ],
)
def test_a_note_beside_an_empty_list_leaves_it_empty(value: Json) -> None:
    """What only comments on the query does not make a gap."""
    assert allergies(value).state is State.KNOWN_EMPTY


@pytest.mark.parametrize(
    ("who", "other"),
    [
        ([{"reference": "Patient/p2"}], True),
        ([{"reference": "Patient/p1"}], False),
        ([{"reference": "Patient/p1"}, {"reference": "Patient/p2"}], True),
    ],
)
def test_a_list_of_patients_is_looked_through(who: object, other: bool) -> None:
    """A sender that puts an array where one reference is due does not pass unseen."""
    assert names_other_patient({"patient": who}, "p1") is other


@pytest.mark.parametrize(
    ("query", "whole"),
    [
        ("MedicationRequest?patient=p1&status=active", True),
        ("MedicationRequest?patient=p1", True),
        ("MedicationRequest/_search?patient=p1&_count=100", True),
        ("MedicationRequest?patient=p1&status=stopped", False),
        ("MedicationRequest?patient=p1&category=outpatient", False),
        ("Medication?patient=p1", False),
    ],
)
def test_only_the_whole_list_is_recognised_by_its_own_link(query: str, whole: bool) -> None:
    """Under a foreign key, a search for a part of the list is not taken for all of it."""
    link = [{"relation": "self", "url": f"https://ehr.test/fhir/{query}"}]
    value = msgspec.Raw(msgspec.json.encode(bundle(draft(), link=link)))
    found = recognise({"item3": value}, [needs.medications])
    assert (needs.medications.key in found) is whole


def test_a_single_resource_is_no_list() -> None:
    """One MedicationRequest under a foreign key is not the medication list."""
    value = msgspec.Raw(msgspec.json.encode(draft()))
    assert recognise({"request": value}, [needs.medications]) == {}


def test_a_selection_is_of_one_type() -> None:
    """`ServiceRequest/1` does not select `MedicationRequest/1`."""
    drafts = [draft(id="1"), {"resourceType": "ServiceRequest", "id": "1"}]
    context = OrderSelect(
        patient_id="p1",
        user_id="Practitioner/1",
        selections=["https://ehr.test/fhir/ServiceRequest/1"],
        draft_orders={"entry": [{"resource": resource} for resource in drafts]},
    )
    assert selected_drafts(context) == [drafts[1]]


def test_the_order_for_another_patient_is_named_by_its_place() -> None:
    """Entries without a resource count in the place that the refusal names."""
    stranger = draft(subject={"reference": "Patient/p2"})
    context = OrderSelect(
        patient_id="p1",
        user_id="Practitioner/1",
        selections=[],
        draft_orders={"entry": [{}, {"resource": stranger}]},
    )
    with pytest.raises(WrongPatient) as raised:
        refuse_other_patients(context)
    assert raised.value.problems[0].where == "context.draftOrders.entry[1].resource"


@pytest.mark.parametrize(
    "spelling",
    ["https://ehr.test:443/fhir", "https://EHR.test/fhir/", "https://ehr.test/fhir"],
)
def test_spellings_of_one_server_are_one_server(spelling: str) -> None:
    """The default port, a last slash and the case of the host do not matter."""
    assert AllowedServers(frozenset({"https://ehr.test/fhir"})).allows(spelling)


@pytest.mark.parametrize(
    "other",
    ["https://ehr.test/FHIR", "https://ehr.test:8443/fhir", "https://ehr.test/fhir?x=1"],
)
def test_another_path_port_or_query_is_another_server(other: str) -> None:
    """What leads elsewhere is not allowed because it looks alike."""
    assert not AllowedServers(frozenset({"https://ehr.test/fhir"})).allows(other)


async def test_one_call_does_not_open_the_breaker_for_everybody() -> None:
    """However many queries of one call fail, they count as one failure of the server."""
    client = FhirClient()
    base = "http://127.0.0.1:9"  # the discard port: nobody listens
    access = Access(base, "t", deadline=1e12)
    for number in range(8):
        answer = await client.query(access, f"Medication/{number}")
        assert answer.reason is Reason.UNREACHABLE
    await client.aclose()


@pytest.mark.parametrize(("sure", "found"), [(True, False), (False, True)])
def test_a_list_that_does_not_say_its_search_is_a_last_resort(sure: bool, found: bool) -> None:
    """A Bundle under a foreign key, with no link of its own, counts if nobody can be asked."""
    value = msgspec.Raw(msgspec.json.encode(bundle({"resourceType": "AllergyIntolerance"})))
    assert bool(recognise({"food": value}, [needs.allergies], sure=sure)) is found


def test_results_of_another_test_are_no_answer() -> None:
    """A Bundle of Observations that does not say its search may be of any test: it is not taken.

    Taken for the eGFRs, a Bundle of potassiums would mean that no eGFR is on file.
    """
    value = msgspec.Raw(msgspec.json.encode(bundle({"resourceType": "Observation"})))
    egfr = needs.labs("eGFR", "33914-3")
    assert not recognise({"item3": value}, [egfr], sure=False)
    assert recognise({egfr.key: value}, [egfr], sure=False)
