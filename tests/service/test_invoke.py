"""`POST /cds-services/{id}`, over HTTP, against the real app and a real FHIR server."""

from tests.ehr import EHR, allergy, bundle, draft


async def test_prefetched_allergy_gives_one_critical_card(ehr: EHR) -> None:
    """A penicillin allergy and an amoxicillin order, all prefetched, give one critical card."""
    prefetch = {"allergies": bundle(allergy()), "medications": bundle()}
    answer = await ehr.sign(draft(), prefetch=prefetch, fhirServer=None, fhirAuthorization=None)
    (card,) = answer.json()["cards"]
    assert card["indicator"] == "critical"
