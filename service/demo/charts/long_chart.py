"""A chart as years of care leave it: hundreds of results, old orders, a long allergy list.

It is made here rather than kept in a file, since most of it is repetition.
"""

from collections.abc import Iterator
from typing import Any, Final

Json = dict[str, Any]

LONG_CHART: Final = "long-chart"
_YEARS: Final = range(2016, 2026)
_MONTHS: Final = range(1, 13, 2)
_RXNORM: Final = "http://www.nlm.nih.gov/research/umls/rxnorm"
_STATUS: Final = "http://terminology.hl7.org/CodeSystem/allergyintolerance"

# LOINC code, name, unit, a middle value, and how far it wanders.
_LABS: Final = (
    ("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", "mg/dL", 0.9, 0.1),
    ("2823-3", "Potassium [Moles/volume] in Serum or Plasma", "mmol/L", 4.2, 0.3),
    ("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", "%", 6.8, 0.4),
    ("718-7", "Hemoglobin [Mass/volume] in Blood", "g/dL", 13.1, 0.5),
    ("2345-7", "Glucose [Mass/volume] in Serum or Plasma", "mg/dL", 118.0, 14.0),
)
# RxNorm code and name, and whether it is still taken.
_ORDERS: Final = (
    ("314076", "lisinopril 10 MG Oral Tablet", True),
    ("861007", "metformin hydrochloride 500 MG Oral Tablet", True),
    ("617310", "atorvastatin 20 MG Oral Tablet", True),
    ("200224", "montelukast 10 MG Oral Tablet", True),
    ("312617", "prednisone 5 MG Oral Tablet", False),
    ("198335", "sulfamethoxazole 800 MG / trimethoprim 160 MG Oral Tablet", False),
)
# SNOMED CT code and name (Global Patient Set), and the category it is filed under.
_ALLERGENS: Final = (
    ("256277009", "Grass pollen", "environment"),
    ("256303006", "Ragweed pollen", "environment"),
    ("256259004", "Pollen", "environment"),
    ("128488006", "House dust", "environment"),
    ("260152009", "Cat dander", "environment"),
    ("260154005", "Dog dander", "environment"),
    ("256417003", "Horse dander", "environment"),
    ("256440004", "Wasp venom", "environment"),
    ("288328004", "Bee venom", "environment"),
    ("111088007", "Latex", "environment"),
    ("33396006", "Nickel", "environment"),
    ("412161004", "Wool", "environment"),
    ("102261002", "Strawberry", "food"),
    ("256307007", "Banana", "food"),
    ("260176001", "Kiwi fruit", "food"),
    ("256350002", "Almond", "food"),
    ("256353000", "Hazelnut", "food"),
    ("256326004", "Celery", "food"),
    ("735029006", "Shellfish", "food"),
    ("260167008", "Sesame seed", "food"),
    ("734881000", "Tomato", "food"),
    ("372480009", "Macrolide antibiotics", "medication"),
    ("372664007", "Benzodiazepines", "medication"),
)


def long_chart() -> Json:
    """The chart, as a FHIR Bundle of type collection; always the same."""
    resources = [_patient(), *_allergies(), *_orders(), *_results()]
    entries = [{"fullUrl": _address(each), "resource": each} for each in resources]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def _patient() -> Json:
    name = [{"family": "Example", "given": ["Lena"]}]
    born = "1952-10-18"
    return {
        "resourceType": "Patient",
        "id": LONG_CHART,
        "name": name,
        "gender": "female",
        "birthDate": born,
    }


def _allergies() -> Iterator[Json]:
    for number, (code, name, category) in enumerate(_ALLERGENS):
        coding = {"system": "http://snomed.info/sct", "code": code, "display": name}
        yield {
            "resourceType": "AllergyIntolerance",
            "id": f"{LONG_CHART}-allergy-{number}",
            "clinicalStatus": {"coding": [{"system": f"{_STATUS}-clinical", "code": "active"}]},
            "verificationStatus": {
                "coding": [{"system": f"{_STATUS}-verification", "code": "confirmed"}]
            },
            "category": [category],
            "code": {"coding": [coding], "text": name},
            "patient": {"reference": f"Patient/{LONG_CHART}"},
        }


def _orders() -> Iterator[Json]:
    """Every drug once a year; only the latest order of what is still taken is active."""
    for year in _YEARS:
        for code, name, taken in _ORDERS:
            yield {
                "resourceType": "MedicationRequest",
                "id": f"{LONG_CHART}-order-{code}-{year}",
                "status": "active" if taken and year == _YEARS[-1] else "completed",
                "intent": "order",
                "medicationCodeableConcept": {
                    "coding": [{"system": _RXNORM, "code": code, "display": name}],
                    "text": name,
                },
                "subject": {"reference": f"Patient/{LONG_CHART}"},
                "authoredOn": f"{year}-03-01",
            }


def _results() -> Iterator[Json]:
    dates = [f"{year}-{month:02}-15" for year in _YEARS for month in _MONTHS]
    for number, date in enumerate(dates):
        for code, name, unit, middle, spread in _LABS:
            value = round(middle + spread * ((number * 7) % 11 - 5) / 5, 1)
            yield {
                "resourceType": "Observation",
                "id": f"{LONG_CHART}-result-{code}-{number}",
                "status": "final",
                "code": {
                    "coding": [{"system": "http://loinc.org", "code": code, "display": name}],
                    "text": name,
                },
                "subject": {"reference": f"Patient/{LONG_CHART}"},
                "effectiveDateTime": date,
                "valueQuantity": {"value": value, "unit": unit},
            }


def _address(resource: Json) -> str:
    return f"http://example.org/fhir/{resource['resourceType']}/{resource['id']}"
