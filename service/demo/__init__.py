"""The demo EHR of development mode: a FHIR server with charts of our own making.

Each file in `patients/` is one chart, named after what it shows.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from service.fhir_server import FhirServer

TOKEN: Final = "demo"  # noqa: S105 - opens made-up charts only
PATIENTS: Final = Path(__file__).parent / "patients"


def charts() -> Iterator[dict[str, Any]]:
    """The demo charts, each a FHIR Bundle."""
    for path in sorted(PATIENTS.glob("*.json")):
        yield msgspec.json.decode(path.read_bytes())


def fhir_server() -> FhirServer:
    """A FHIR server with every demo chart, to be mounted."""
    server = FhirServer(tokens=frozenset({TOKEN}), base_url=None)
    for chart in charts():
        server.load(chart)
    return server


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
