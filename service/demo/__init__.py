"""The demo EHR of development mode: charts of our own making, and a CDS client in the browser.

It is a real client: it calls the service over HTTP, and writes orders to a real FHIR server.
`Ehr` is the whole of it; `desk` and `visit` are the places to read first.
"""

from typing import Any

from service.demo.ehr import TOKEN, Ehr

__all__ = ["TOKEN", "Ehr", "example_call"]


def example_call(base_url: str) -> dict[str, Any]:
    """A call that gets a critical card: amoxicillin for a patient with penicillin anaphylaxis."""
    return {
        "hook": "order-sign",
        "hookInstance": "0d3a9e1c-6f0e-4a3e-9a55-6d1f4b1f7c11",
        "fhirServer": f"{base_url}/demo/fhir",
        "fhirAuthorization": {
            "access_token": TOKEN,
            "token_type": "Bearer",
            "expires_in": 300,
            "scope": "patient/*.rs",
            "subject": "cardwise",
            "patient": "penicillin-anaphylaxis",
        },
        "context": {
            "userId": "Practitioner/demo",
            "patientId": "penicillin-anaphylaxis",
            "draftOrders": {
                "resourceType": "Bundle",
                "type": "collection",
                "entry": [{"resource": _draft("penicillin-anaphylaxis")}],
            },
        },
    }


def _draft(patient: str) -> dict[str, Any]:
    name = "amoxicillin 500 MG Oral Capsule"
    return {
        "resourceType": "MedicationRequest",
        "id": "draft-1",
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": {
            "coding": [
                {
                    "system": "http://www.nlm.nih.gov/research/umls/rxnorm",
                    "code": "308191",
                    "display": name,
                }
            ],
            "text": name,
        },
        "subject": {"reference": f"Patient/{patient}"},
    }
