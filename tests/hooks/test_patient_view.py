"""The patient-view hook."""

import hooks
from hooks.patient_view import PatientView
from hooks.request import read_request
from tests.ehr import envelope
from tests.strategies import as_json


def test_context_of_the_standards_example() -> None:
    """The context of the hook's page is read, and has no orders."""
    context = {"userId": "PractitionerRole/123", "patientId": "1288992", "encounterId": "456"}
    found = read_request(as_json(envelope("patient-view", context=context)), hooks.contexts())
    assert found.context == PatientView(
        patient_id="1288992", user_id="PractitionerRole/123", encounter_id="456"
    )
    assert found.context.draft_resources == []
