"""The request every measure sends: one patient's chart, 100 kB, always the same bytes.

Patient, 10 AllergyIntolerance, and 60 each of MedicationRequest, Condition and Observation, shaped
as US Core has them, all prefetched: under the keys the service advertises, and under keys nobody
asks for. One draft conflicts with one of the allergies. A `scale` of 10 makes it 1 MB.
"""

from collections.abc import Sequence
from itertools import cycle, islice
from typing import Any, Final

import msgspec

from prefetch import needs

Json = dict[str, Any]

FHIR_BASE: Final = "https://ehr.test/fhir"
SERVICE: Final = "/cds-services/order-safety"
PATIENT: Final = "bench-patient-1"

_RXNORM: Final = "http://www.nlm.nih.gov/research/umls/rxnorm"
_SNOMED: Final = "http://snomed.info/sct"
_ICD10: Final = "http://hl7.org/fhir/sid/icd-10-cm"
_LOINC: Final = "http://loinc.org"
_HL7: Final = "http://terminology.hl7.org/CodeSystem"

_NONE: Final = {"resourceType": "Bundle", "type": "searchset", "total": 0, "entry": []}

Term = tuple[str, str, str]
_PENICILLIN: Final = (_SNOMED, "91936005", "Allergy to penicillin (finding)")
_ALLERGENS: Final = (
    (_SNOMED, "762952008", "Peanut (substance)"),
    (_SNOMED, "111088007", "Latex (substance)"),
    (_RXNORM, "2670", "codeine"),
    (_RXNORM, "1191", "aspirin"),
    (_SNOMED, "256277009", "Grass pollen (substance)"),
    (_SNOMED, "735029006", "Shellfish (substance)"),
    (_SNOMED, "426722004", "Iodinated contrast media (substance)"),
    (_SNOMED, "373529000", "Morphine (substance)"),
    (_SNOMED, "102263004", "Eggs (edible) (substance)"),
)
_MEDICATIONS: Final = (
    (_RXNORM, "861007", "metformin hydrochloride 500 MG Oral Tablet"),
    (_RXNORM, "104377", "lisinopril 10 MG Oral Tablet [Zestril]"),
    (_RXNORM, "617310", "atorvastatin 20 MG Oral Tablet"),
    (_RXNORM, "197361", "amlodipine 5 MG Oral Tablet"),
    (_RXNORM, "198051", "omeprazole 20 MG Delayed Release Oral Capsule"),
    (_RXNORM, "966160", "levothyroxine sodium 0.05 MG Oral Tablet [Euthyrox]"),
    (_RXNORM, "208161", "sertraline 50 MG Oral Tablet [Zoloft]"),
    (_RXNORM, "310798", "hydrochlorothiazide 25 MG Oral Tablet"),
    (_RXNORM, "105029", "gabapentin 300 MG Oral Capsule [Neurontin]"),
    (_RXNORM, "866514", "metoprolol tartrate 50 MG Oral Tablet"),
)
_CONDITIONS: Final = (
    (_SNOMED, "59621000", "Essential hypertension (disorder)"),
    (_SNOMED, "44054006", "Diabetes mellitus type 2 (disorder)"),
    (_SNOMED, "55822004", "Hyperlipidemia (disorder)"),
    (_SNOMED, "235595009", "Gastroesophageal reflux disease (disorder)"),
    (_SNOMED, "40930008", "Hypothyroidism (disorder)"),
    (_SNOMED, "370143000", "Major depressive disorder (disorder)"),
)
_OBSERVATIONS: Final = (
    (_LOINC, "2160-0", "Creatinine [Mass/volume] in Serum or Plasma"),
    (_LOINC, "2823-3", "Potassium [Moles/volume] in Serum or Plasma"),
    (_LOINC, "4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood"),
    (_LOINC, "718-7", "Hemoglobin [Mass/volume] in Blood"),
    (_LOINC, "29463-7", "Body weight"),
    (_LOINC, "8867-4", "Heart rate"),
)


def body(scale: int = 1) -> bytes:
    """The request as it is sent; `scale` multiplies the length of every list."""
    return msgspec.json.encode(request(scale))


def request(scale: int = 1) -> Json:
    """The request as objects."""
    return {
        "hook": "order-sign",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "fhirServer": FHIR_BASE,
        "fhirAuthorization": {
            "access_token": "delegated-token-of-the-benchmark",
            "token_type": "Bearer",
            "expires_in": 300,
            "scope": "patient/*.rs",
            "subject": "cardwise",
        },
        "context": {
            "userId": "Practitioner/bench",
            "patientId": PATIENT,
            "draftOrders": {
                "resourceType": "Bundle",
                "type": "collection",
                "entry": [{"resource": _draft()}],
            },
        },
        "prefetch": {
            needs.patient.key: _patient(),
            needs.allergies.key: searchset(allergies(10 * scale)),
            needs.medications.key: searchset(medications(60 * scale)),
            # no EHR is asked for these; sent, they keep a server that is not there out of it
            needs.past_medications.key: _NONE,
            needs.administrations.key: _NONE,
            "problem_list": searchset(conditions(60 * scale)),
            "recent_results": searchset(observations(60 * scale)),
        },
    }


def searchset(resources: Sequence[Json]) -> Json:
    """A server's answer to a search."""
    kind = resources[0]["resourceType"]
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(resources),
        "link": [{"relation": "self", "url": f"{FHIR_BASE}/{kind}?patient={PATIENT}"}],
        "entry": [{"resource": r, "search": {"mode": "match"}} for r in resources],
    }


def resources(request: Json) -> list[Json]:
    """Every resource that is prefetched."""
    return [
        entry["resource"]
        for value in request["prefetch"].values()
        for entry in value.get("entry", [{"resource": value}])
    ]


def allergies(count: int) -> list[Json]:
    """An allergy list: penicillin first, then others in turn."""
    terms = (_PENICILLIN, *islice(cycle(_ALLERGENS), count - 1))
    return [
        {
            "resourceType": "AllergyIntolerance",
            "id": f"allergy-{index}",
            "meta": _meta("AllergyIntolerance", index),
            "clinicalStatus": _status("allergyintolerance-clinical", "active"),
            "verificationStatus": _status("allergyintolerance-verification", "confirmed"),
            "type": "allergy",
            "category": ["medication"],
            "criticality": "high" if index == 0 else "low",
            "code": _concept(term),
            "patient": _subject(),
            "recordedDate": _day(index),
            "reaction": [{"manifestation": [_concept((_SNOMED, "39579001", "Anaphylaxis"))]}],
        }
        for index, term in enumerate(terms)
    ]


def medications(count: int) -> list[Json]:
    """Active medication orders."""
    return [
        {
            "resourceType": "MedicationRequest",
            "id": f"order-{index}",
            "status": "active",
            "intent": "order",
            "medicationCodeableConcept": _concept(term),
            "subject": _subject(),
            "authoredOn": _day(index),
            "requester": {"reference": "Practitioner/bench"},
            "dosageInstruction": [{"sequence": 1, "text": "Take one by mouth daily"}],
        }
        for index, term in enumerate(islice(cycle(_MEDICATIONS), count))
    ]


def conditions(count: int) -> list[Json]:
    """A problem list."""
    return [
        {
            "resourceType": "Condition",
            "id": f"condition-{index}",
            "clinicalStatus": _status("condition-clinical", "active"),
            "category": [_status("condition-category", "problem-list-item")],
            "code": _concept(term),
            "subject": _subject(),
            "onsetDateTime": _day(index),
        }
        for index, term in enumerate(islice(cycle(_CONDITIONS), count))
    ]


def observations(count: int) -> list[Json]:
    """Laboratory results and vital signs."""
    return [
        {
            "resourceType": "Observation",
            "id": f"result-{index}",
            "status": "final",
            "category": [_status("observation-category", "laboratory")],
            "code": _concept(term),
            "subject": _subject(),
            "effectiveDateTime": f"{_day(index)}T08:30:00Z",
            "valueQuantity": {"value": 1 + index / 10, "unit": "mg/dL", "code": "mg/dL"},
        }
        for index, term in enumerate(islice(cycle(_OBSERVATIONS), count))
    ]


def _draft() -> Json:
    return {
        "resourceType": "MedicationRequest",
        "id": "draft-1",
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": _concept(
            (_RXNORM, "308191", "amoxicillin 500 MG Oral Capsule")
        ),
        "subject": _subject(),
        "reasonCode": [_concept((_ICD10, "J02.0", "Streptococcal pharyngitis"))],
    }


def _patient() -> Json:
    return {
        "resourceType": "Patient",
        "id": PATIENT,
        "meta": _meta("Patient", 0),
        "identifier": [{"system": "http://hospital.example/mrn", "value": "4711"}],
        "name": [{"use": "official", "family": "Bench", "given": ["Mark"]}],
        "gender": "male",
        "birthDate": "1957-04-12",
        "address": [{"line": ["1 Main St"], "city": "Boston", "state": "MA", "country": "US"}],
    }


def _meta(kind: str, index: int) -> Json:
    profile = f"http://hl7.org/fhir/us/core/StructureDefinition/us-core-{kind.lower()}"
    return {"versionId": "1", "lastUpdated": f"{_day(index)}T10:00:00Z", "profile": [profile]}


def _concept(term: Term) -> Json:
    system, code, display = term
    return {"coding": [{"system": system, "code": code, "display": display}]}


def _status(table: str, code: str) -> Json:
    return {"coding": [{"system": f"{_HL7}/{table}", "code": code}]}


def _subject() -> Json:
    return {"reference": f"Patient/{PATIENT}"}


def _day(index: int) -> str:
    return f"2025-{index % 12 + 1:02d}-{index % 28 + 1:02d}"
