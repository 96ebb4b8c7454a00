"""The in-memory FHIR server: charts taken in, batches and transactions."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from service.fhir_server import FhirServer

pytestmark = pytest.mark.anyio

URN = "urn:uuid:0b1c7a52-0000-4000-8000-00000000000"
CONDITIONAL = "Practitioner?identifier=http://hl7.org/fhir/sid/us-npi|99"


@pytest.fixture
def anyio_backend() -> str:
    """The event loop the service runs on."""
    return "asyncio"


@pytest.fixture
def server() -> FhirServer:
    """An empty server."""
    return FhirServer()


@pytest.fixture
async def client(server: FhirServer) -> AsyncIterator[httpx.AsyncClient]:
    """A client of that server."""
    transport = httpx.ASGITransport(server.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://fhir.test") as opened:
        yield opened


def entry(method: str, url: str, resource: object = None, **more: object) -> dict[str, Any]:
    """A Bundle entry; `more` holds fullUrl and the request's conditions."""
    full_url = {"fullUrl": more.pop("fullUrl")} if "fullUrl" in more else {}
    body = {"resource": resource} if resource else {}
    return {**full_url, **body, "request": {"method": method, "url": url, **more}}


def bundle(kind: str, *entries: dict[str, Any]) -> dict[str, Any]:
    """A Bundle of this type."""
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def synthea() -> dict[str, Any]:
    """A chart in Synthea's manner: urn:uuid everywhere, the practitioner by condition."""
    allergy = {
        "resourceType": "AllergyIntolerance",
        "id": "allergy",
        "patient": {"reference": f"{URN}1"},
        "recorder": {"reference": CONDITIONAL},
        "note": [{"text": f"{URN}1"}],
    }
    request = {
        "resourceType": "MedicationRequest",
        "subject": {"reference": f"{URN}1"},
        "reasonReference": [{"reference": f"{URN}9"}],
    }
    patient = {
        "resourceType": "Patient",
        "id": "anna",
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": f"{URN}1"}],
    }
    return bundle(
        "transaction",
        entry("POST", "Patient", patient, fullUrl=f"{URN}1"),
        entry("POST", "AllergyIntolerance", allergy, fullUrl=f"{URN}2"),
        entry("POST", "MedicationRequest", request, fullUrl=f"{URN}3"),
    )


async def test_load_synthea(server: FhirServer, client: httpx.AsyncClient) -> None:
    """A loaded chart keeps its ids, links by Type/id, and answers searches by patient."""
    server.load(synthea())
    for query in ("AllergyIntolerance?patient=anna", "MedicationRequest?patient=Patient/anna"):
        assert (await client.get(f"/{query}")).json()["total"] == 1
    request = server.read("MedicationRequest", f"{URN}3".removeprefix("urn:uuid:"))
    assert request["reasonReference"] == [{"reference": f"{URN}9"}]  # not in the chart
    allergy = server.read("AllergyIntolerance", "allergy")
    assert allergy["recorder"] == {"reference": CONDITIONAL}  # not loaded
    assert allergy["note"] == [{"text": f"{URN}1"}]
    assert server.read("Patient", "anna")["identifier"][0]["value"] == f"{URN}1"


async def test_load_resolves_conditions(server: FhirServer) -> None:
    """A conditional reference is resolved when the one resource it names is there."""
    npi = {"system": "http://hl7.org/fhir/sid/us-npi", "value": "99"}
    server.load({"resourceType": "Practitioner", "id": "doctor", "identifier": [npi]})
    server.load(synthea())
    allergy = server.read("AllergyIntolerance", "allergy")
    assert allergy["recorder"] == {"reference": "Practitioner/doctor"}
    assert allergy["meta"]["versionId"] == "1"


async def test_load_searchset(server: FhirServer) -> None:
    """Another server's searchset loads with its links relative and without its remarks."""
    flag = {"resourceType": "Flag", "id": "f", "subject": {"reference": "http://ehr/Patient/p"}}
    chart = bundle(
        "searchset",
        {"fullUrl": "http://ehr/Flag/f", "resource": flag},
        {"fullUrl": "http://ehr/Patient/p", "resource": {"resourceType": "Patient", "id": "p"}},
        {"resource": {"resourceType": "OperationOutcome"}, "search": {"mode": "outcome"}},
    )
    server.load(chart)
    server.load(bundle("collection"))
    assert server.read("Flag", "f")["subject"] == {"reference": "Patient/p"}
    assert server.resources("OperationOutcome") == server.resources("Bundle") == []
    assert flag["subject"] == {"reference": "http://ehr/Patient/p"}


async def test_transaction_rewrites_links(server: FhirServer, client: httpx.AsyncClient) -> None:
    """Links among created entries follow them to their new ids, in either direction."""
    related = {
        "resourceType": "List",
        "id": "l",
        "subject": {"reference": f"{URN}2"},
        "extension": [{"url": "http://example.org/about", "valueUri": f"{URN}1"}],
    }
    flag = {"resourceType": "Flag", "id": "mine", "subject": {"reference": f"{URN}2"}}
    response = await client.post(
        "/",
        json=bundle(
            "transaction",
            entry("POST", "Flag", flag, fullUrl=f"{URN}1"),
            entry("PUT", "List/l", related, fullUrl=f"{URN}3"),
            entry("POST", "Patient", {"resourceType": "Patient"}, fullUrl=f"{URN}2"),
        ),
    )
    assert response.status_code == 200
    assert response.json()["type"] == "transaction-response"
    answers = [each["response"] for each in response.json()["entry"]]
    assert {each["status"] for each in answers} == {"201 Created"}
    assert {each["etag"] for each in answers} == {'W/"1"'}
    assert all(each["lastModified"] for each in answers)
    [patient], [kept] = server.resources("Patient"), server.resources("Flag")
    assert answers[2]["location"] == f"http://fhir.test/Patient/{patient['id']}"
    assert kept["id"] != "mine"
    assert kept["subject"] == {"reference": f"Patient/{patient['id']}"}
    assert server.read("List", "l")["subject"] == kept["subject"]
    assert server.read("List", "l")["extension"][0]["valueUri"] == f"Flag/{kept['id']}"


async def test_transaction_order(server: FhirServer, client: httpx.AsyncClient) -> None:
    """Deletes come first and reads last, whatever their place; answers keep the entries' order."""
    mrn = [{"system": "urn:mrn", "value": "7"}]
    old = {"resourceType": "Patient", "id": "old", "identifier": mrn}
    server.load(old)
    condition = {"ifNoneExist": "identifier=urn:mrn|7"}
    response = await client.post(
        "/",
        json=bundle(
            "transaction",
            entry("GET", "Patient?identifier=urn:mrn|7"),
            entry("GET", "Patient/new"),
            entry("PUT", "Patient/new", {"resourceType": "Patient", "id": "new"}),
            entry("POST", "Patient", {"resourceType": "Patient", "identifier": mrn}, **condition),
            entry("DELETE", "Patient/old"),
        ),
    )
    answers = response.json()["entry"]
    statuses = [each["response"]["status"][:3] for each in answers]
    assert statuses == ["200", "200", "201", "201", "204"]
    assert answers[0]["resource"]["total"] == 1
    assert answers[1]["resource"]["id"] == "new"
    assert "resource" not in answers[2]


async def test_transaction_creates_what_is_missing(
    server: FhirServer, client: httpx.AsyncClient
) -> None:
    """With ifNoneExist, links go to what is already there, and it stays as it was."""
    mrn = [{"system": "urn:mrn", "value": "7"}]
    server.load({"resourceType": "Patient", "id": "there", "identifier": mrn})
    patient = {"resourceType": "Patient", "identifier": mrn, "gender": "male"}
    flag = {"resourceType": "Flag", "subject": {"reference": f"{URN}1"}}
    condition = {"fullUrl": f"{URN}1", "ifNoneExist": "identifier=urn:mrn|7"}
    created = entry("POST", "Patient", patient, **condition)
    response = await client.post(
        "/", json=bundle("transaction", created, entry("POST", "Flag", flag))
    )
    answer = response.json()["entry"][0]["response"]
    assert (answer["status"], answer["location"][-5:]) == ("200 OK", "there")
    assert "gender" not in server.read("Patient", "there")
    assert server.resources("Flag")[0]["subject"] == {"reference": "Patient/there"}


@pytest.mark.parametrize(
    ("last", "status"),
    [
        (entry("GET", "Patient/nobody"), 404),
        (entry("PUT", "Flag/f", {"resourceType": "Flag", "id": "f"}, ifMatch='W/"8"'), 412),
        (entry("POST", "Flag", {"resourceType": "Patient"}), 400),
        (
            entry("POST", "Flag", {"resourceType": "Flag", "author": {"reference": CONDITIONAL}}),
            412,
        ),
        (entry("PATCH", "Flag/f"), 400),
        (entry("DELETE", "Patient/kept"), 400),
        ({"resource": {"resourceType": "Flag"}}, 400),
    ],
)
async def test_transaction_is_atomic(
    server: FhirServer, client: httpx.AsyncClient, last: dict[str, Any], status: int
) -> None:
    """One entry that fails, for any reason, and nothing at all has happened."""
    server.load({"resourceType": "Patient", "id": "kept", "gender": "female"})
    server.load({"resourceType": "Patient", "id": "spared"})
    changed = {"resourceType": "Patient", "id": "kept", "gender": "male"}
    response = await client.post(
        "/",
        json=bundle(
            "transaction",
            entry("DELETE", "Patient/spared"),
            entry("PUT", "Patient/kept", changed),
            entry("POST", "Condition", {"resourceType": "Condition"}),
            last,
        ),
    )
    assert response.status_code == status
    assert response.json()["resourceType"] == "OperationOutcome"
    assert server.read("Patient", "kept")["gender"] == "female"
    assert server.read("Patient", "kept")["meta"]["versionId"] == "1"
    assert server.read("Patient", "spared")
    assert server.resources("Condition") == server.resources("Flag") == []


async def test_batch_entries_stand_alone(server: FhirServer, client: httpx.AsyncClient) -> None:
    """In a batch a failed entry tells its outcome and the others go through."""
    response = await client.post(
        "/",
        json=bundle(
            "batch",
            entry("PUT", "Patient/a", {"resourceType": "Patient", "id": "a"}),
            entry("GET", "Patient/nobody"),
            entry("GET", "http://fhir.test/Patient/a"),
        ),
    )
    assert response.json()["type"] == "batch-response"
    written, missing, read = response.json()["entry"]
    assert written["response"]["status"] == "201 Created"
    assert missing["response"]["status"] == "404 Not Found"
    assert missing["response"]["outcome"]["issue"][0]["code"] == "not-found"
    assert read["resource"] == server.read("Patient", "a")
