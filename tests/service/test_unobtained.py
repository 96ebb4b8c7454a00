"""Data that cannot be had: 412 when nothing could be checked, an honest card when some could."""

import httpx
import pytest

from tests.ehr import EHR, Json, allergy, bundle, draft


def keys_and_reasons(answer: httpx.Response) -> list[tuple[str, str]]:
    """The expression and text of each issue of a 412."""
    assert answer.status_code == 412
    issues = answer.json()["issue"]
    return [(issue["expression"][0], issue["details"]["text"]) for issue in issues]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"fhirServer": None, "fhirAuthorization": None}, "no-fhir-server"),
        ({"fhirAuthorization": None}, "no-token"),
        ({"fhirServer": "https://elsewhere.test/fhir"}, "fhir-server-not-allowed"),
        ({"fhirServer": "http://ehr.test/fhir"}, "fhir-server-not-allowed"),
        ({"fhirServer": "https://ehr.test@evil.test/fhir"}, "fhir-server-not-allowed"),
        ({"fhirServer": "file:///etc/passwd"}, "fhir-server-not-allowed"),
        ({"fhirAuthorization": {"access_token": "wrong"}}, "unauthorized"),
        ({"fhirAuthorization": {"access_token": " "}}, "no-token"),
    ],
)
async def test_no_way_to_the_required_list(ehr: EHR, changes: Json, reason: str) -> None:
    """Without the allergy list and any way to read it, the answer is 412 with key and reason."""
    ((where, text),) = keys_and_reasons(await ehr.sign(draft(), **changes))
    assert where == "prefetch.allergies"
    assert f"({reason})" in text


async def test_the_server_is_not_called_when_it_may_not_be(ehr: EHR) -> None:
    """A FHIR server that is not on the list never sees the token."""
    await ehr.sign(draft(), fhirServer="https://ehr.test.evil/fhir")
    assert ehr.fhir.requests == []


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}, "outcome"),
        ({"resourceType": "Patient", "id": "p1"}, "malformed"),
        ({}, "malformed"),
        ([], "malformed"),
        ("text", "malformed"),
        (bundle({"resourceType": "Condition", "id": "c1"}), "malformed"),
        (bundle(allergy(patient={"reference": "Patient/other"})), "wrong-patient"),
        (
            bundle({"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}),
            "outcome",
        ),
    ],
)
async def test_what_is_no_list_is_not_an_empty_list(ehr: EHR, value: object, reason: str) -> None:
    """A prefetched value that is no allergy list is never read as "no allergies"."""
    answer = await ehr.sign(
        draft(),
        prefetch={"allergies": value, "medications": None},
        fhirServer=None,
        fhirAuthorization=None,
    )
    ((_, text),) = keys_and_reasons(answer)
    assert f"({reason})" in text


async def test_an_incomplete_list_is_used_and_said_to_be_incomplete(ehr: EHR) -> None:
    """Entries beside a "suppressed" outcome give their card, and another tells of the rest."""
    coding = {"system": "urn:oid:1.2.840.114350.1.13.0.1.7.2.657369", "code": "59204"}
    issue = {"severity": "warning", "code": "suppressed", "details": {"coding": [coding]}}
    outcome = {"resourceType": "OperationOutcome", "issue": [issue]}
    answer = await ehr.sign(
        draft(), prefetch={"allergies": bundle(allergy(), outcome), "medications": None}
    )
    indicators = [card["indicator"] for card in answer.json()["cards"]]
    assert indicators == ["critical", "warning"]
    assert "the rest of the allergy list" in answer.json()["cards"][1]["summary"]


async def test_an_empty_search_with_a_note_is_known_to_be_empty(ehr: EHR) -> None:
    """Epic's empty search, total 0 with an outcome entry 4101, means no allergies."""
    issue = {"severity": "warning", "details": {"coding": [{"code": "4101"}]}}
    outcome = {"resourceType": "OperationOutcome", "issue": [issue]}
    found = bundle(outcome, total=0)
    answer = await ehr.sign(draft(), prefetch={"allergies": found, "medications": None})
    assert answer.json() == {"cards": []}


async def test_a_page_that_cannot_be_followed_leaves_the_list_incomplete(ehr: EHR) -> None:
    """A prefetched first page whose next link leads elsewhere is used, and said not to be all."""
    link = [{"relation": "next", "url": "https://evil.test/AllergyIntolerance?page=2"}]
    page = bundle(allergy(), link=link)
    answer = await ehr.sign(draft(), prefetch={"allergies": page, "medications": None})
    assert [card["indicator"] for card in answer.json()["cards"]] == ["critical", "warning"]
    assert ehr.fhir.requests == []


async def test_one_rule_without_data_does_not_silence_another(ehr: EHR) -> None:
    """Without the medication list, the allergy entries are still looked at, and the gap is told."""
    answer = await ehr.view(
        prefetch={"allergies": bundle(allergy({"text": "the pink tablets"}))},
        fhirServer=None,
        fhirAuthorization=None,
    )
    summaries = [card["summary"] for card in answer.json()["cards"]]
    assert summaries[0].startswith("Not checked: current medications against allergies")
    assert summaries[1].startswith("1 allergy entry cannot be checked")


async def test_nothing_of_the_call_leaks_into_an_error(ehr: EHR) -> None:
    """A 412 repeats neither the token nor the patient."""
    secret = {"access_token": "sekret-token"}
    context = {"userId": "Practitioner/1", "patientId": "sekret-patient"}
    answer = await ehr.sign(
        draft(subject={"reference": "Patient/sekret-patient"}),
        fhirAuthorization=secret,
        context=context,
    )
    assert answer.status_code == 412
    assert "sekret" not in answer.text
