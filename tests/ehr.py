"""An EHR for tests: builds hook requests as the standard has them, and sends them."""

from typing import Any

import httpx

from rules._load import HOUSE, load_folder
from service.fhir_server import FhirServer

# What the service is tested with, whatever rules the house has besides.
RULES = tuple(
    load_folder(HOUSE / name)
    for name in ("active_medication_allergy", "drug_allergy", "unrecognized_allergy")
)
# Seconds for a call, and with it for rules: how fast a machine is, is not what tests are to tell.
PATIENCE = 30.0
FHIR_BASE = "https://ehr.test/fhir"
TOKEN = "delegated-token-of-the-test"
PATIENT = "p1"
Json = dict[str, Any]

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
SNOMED = "http://snomed.info/sct"
AMOXICILLIN = ("308191", "amoxicillin 500 MG Oral Capsule")
LISINOPRIL = ("314076", "lisinopril 10 MG Oral Tablet")
PENICILLIN = {"coding": [{"system": SNOMED, "code": "91936005"}], "text": "Penicillin"}


class EHR:
    """Sends hook requests and feedback to the service."""

    def __init__(self, client: httpx.AsyncClient, fhir: FhirServer) -> None:
        """Speak through `client`; `fhir` holds the charts."""
        self.client = client
        self.fhir = fhir

    async def call(self, service: str, request: Json) -> httpx.Response:
        """POST a request to a service."""
        return await self.client.post(f"/cds-services/{service}", json=request)

    async def sign(self, *drafts: Json, **changes: Any) -> httpx.Response:
        """Fire order-sign for some drafts."""
        return await self.call("order-safety", order_sign(*drafts, **changes))

    async def select(self, *drafts: Json, selections: list[str], **changes: Any) -> httpx.Response:
        """Fire order-select for some drafts."""
        request = order_sign(*drafts, hook="order-select", **changes)
        request["context"]["selections"] = selections
        return await self.call("order-safety", request)

    async def view(self, **changes: Any) -> httpx.Response:
        """Fire patient-view."""
        return await self.call("chart-review", envelope("patient-view", **changes))


def envelope(hook: str, **changes: Any) -> Json:
    """A request with a FHIR server and token; a change of None leaves the member out."""
    request: Json = {
        "hook": hook,
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "fhirServer": FHIR_BASE,
        "fhirAuthorization": {
            "access_token": TOKEN,
            "token_type": "Bearer",
            "expires_in": 300,
            "scope": "patient/*.rs",
            "subject": "cardwise",
        },
        "context": {"userId": "Practitioner/1", "patientId": PATIENT},
    }
    return {name: value for name, value in (request | changes).items() if value is not None}


def order_sign(*drafts: Json, hook: str = "order-sign", **changes: Any) -> Json:
    """An order-sign request for some drafts, or one of another order hook."""
    request = envelope(hook, **changes)
    entries = [{"resource": draft} for draft in drafts]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    request["context"] = {**request["context"], "draftOrders": bundle}
    return request


def medication(code: str, name: str) -> Json:
    """A CodeableConcept for an RxNorm product."""
    return {"coding": [{"system": RXNORM, "code": code, "display": name}], "text": name}


def draft(drug: tuple[str, str] = AMOXICILLIN, **changes: Any) -> Json:
    """A drafted MedicationRequest; a change of None leaves the member out."""
    order: Json = {
        "resourceType": "MedicationRequest",
        "id": "draft-1",
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": medication(*drug),
        "subject": {"reference": f"Patient/{PATIENT}"},
    }
    return {name: value for name, value in (order | changes).items() if value is not None}


def allergy(code: Json | None = None, **changes: Any) -> Json:
    """A confirmed, active AllergyIntolerance; a change of None leaves the member out."""
    entry: Json = {
        "resourceType": "AllergyIntolerance",
        "id": "a1",
        "clinicalStatus": status("clinical", "active"),
        "verificationStatus": status("verification", "confirmed"),
        "type": "allergy",
        "category": ["medication"],
        "code": PENICILLIN if code is None else code,
        "patient": {"reference": f"Patient/{PATIENT}"},
    }
    return {name: value for name, value in (entry | changes).items() if value is not None}


def status(kind: str, code: str) -> Json:
    """An allergy's clinical or verification status."""
    system = f"http://terminology.hl7.org/CodeSystem/allergyintolerance-{kind}"
    return {"coding": [{"system": system, "code": code}]}


def bundle(*resources: Json, **members: Any) -> Json:
    """A searchset of some resources."""
    entries = [{"resource": r, "search": {"mode": "match"}} for r in resources]
    found: Json = {"resourceType": "Bundle", "type": "searchset", "total": len(resources)}
    return found | ({"entry": entries} if entries else {}) | members
