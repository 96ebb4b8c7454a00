"""`GET /metrics`: how calls ended and what became of the data, with nothing from a request."""

from tests.ehr import EHR, TOKEN, allergy, bundle, draft


async def numbers(ehr: EHR) -> str:
    """What Prometheus would read."""
    answer = await ehr.client.get("/metrics")
    assert answer.status_code == 200
    return answer.text


async def test_states_and_reasons_are_counted(ehr: EHR) -> None:
    """Given, fetched, known-empty and not-obtained data are told apart by key and reason."""
    await ehr.sign(draft(), prefetch={"allergies": bundle(allergy())})
    await ehr.sign(draft(), prefetch={"allergies": None})
    ehr.fhir.load(allergy())
    await ehr.sign(draft())
    await ehr.sign(draft(), fhirAuthorization={"access_token": "wrong"})
    text = await numbers(ehr)
    for state, reason in (
        ("given", ""),
        ("known-empty", ""),
        ("fetched", ""),
        ("not-obtained", "unauthorized"),
    ):
        line = f'cardwise_data_total{{key="allergies",reason="{reason}",state="{state}"}} 1.0'
        assert line in text


async def test_calls_and_rules_are_counted(ehr: EHR) -> None:
    """Answers by status, and rules by how they ended."""
    await ehr.sign(draft(), prefetch={"allergies": None, "medications": None})
    await ehr.sign(draft(), fhirServer=None)
    text = await numbers(ehr)
    for status in ("200", "412"):
        labels = f'hook="order-sign",service="order-safety",status="{status}"'
        assert f"cardwise_calls_total{{{labels}}} 1.0" in text
    for end in ("ran", "blocked"):
        assert f'cardwise_rules_total{{end="{end}",rule="drug-allergy"}} 1.0' in text


async def test_nothing_from_a_request_is_in_the_numbers(ehr: EHR) -> None:
    """Patient, user, token and server stay out."""
    await ehr.sign(draft(), prefetch={"sekret-key": bundle(allergy())})
    text = await numbers(ehr)
    assert not any(word in text for word in ("p1", "Practitioner", TOKEN, "ehr.test", "sekret"))
