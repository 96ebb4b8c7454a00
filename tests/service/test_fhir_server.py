"""The in-memory FHIR server: its interactions, its door, and its errors."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from service.fhir_server import FhirServer

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANNA = {"resourceType": "Patient", "id": "anna", "name": [{"family": "Berg"}]}


@pytest.fixture
def anyio_backend() -> str:
    """The event loop the service runs on."""
    return "asyncio"


def client_of(app: Starlette) -> httpx.AsyncClient:
    """A client whose requests reach the app directly."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://fhir.test")


@pytest.fixture
def server() -> FhirServer:
    """A server whose clock stands still."""
    return FhirServer(clock=lambda: NOON)


@pytest.fixture
async def client(server: FhirServer) -> AsyncIterator[httpx.AsyncClient]:
    """A client of that server."""
    async with client_of(server.app) as opened:
        yield opened


def refused(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The issue of an OperationOutcome, after checking that it is one, of this status and code."""
    assert response.status_code == status
    assert response.headers["content-type"] == "application/fhir+json; charset=utf-8"
    assert response.json()["resourceType"] == "OperationOutcome"
    issue: dict[str, Any] = response.json()["issue"][0]
    assert issue["code"] == code
    return issue


async def test_create_then_read(client: httpx.AsyncClient) -> None:
    """A created resource gets an id of the server's and is read back at its Location."""
    created = await client.post("/Patient", json=ANNA)
    assert created.status_code == 201
    assert created.headers["etag"] == 'W/"1"'
    read = await client.get(created.headers["location"])
    assert read.headers["content-type"] == "application/fhir+json; charset=utf-8"
    assert read.headers["etag"] == 'W/"1"'
    assert read.json() == created.json()
    assert read.json()["id"] != "anna"
    assert read.json()["meta"] == {
        "versionId": "1",
        "lastUpdated": "2026-03-01T12:00:00.000+00:00",
    }


async def test_decimals_keep_their_precision(client: httpx.AsyncClient) -> None:
    """A 5.10 that was sent is 5.10 when it is read, as FHIR promises."""
    body = b'{"resourceType": "Observation", "valueQuantity": {"value": 5.10}}'
    created = await client.post("/Observation", content=body)
    assert '"value":5.10}' in (await client.get(created.headers["location"])).text


async def test_own_base_is_taken_off_references(client: httpx.AsyncClient) -> None:
    """A reference to this very server is kept, and found, as a relative one."""
    address = "http://fhir.test/Patient/anna"
    created = await client.post(
        "/Flag", json={"resourceType": "Flag", "subject": {"reference": address}}
    )
    assert created.json()["subject"] == {"reference": "Patient/anna"}
    found = await client.get("/Flag", params={"subject": address})
    assert found.json()["total"] == 1


async def test_create_if_none_exist(server: FhirServer, client: httpx.AsyncClient) -> None:
    """If-None-Exist creates once, then answers with what is there, and 412 among several."""
    one = {"resourceType": "Patient", "identifier": [{"system": "urn:mrn", "value": "7"}]}
    condition = {"if-none-exist": "identifier=urn:mrn|7"}
    first = await client.post("/Patient", json=one, headers=condition)
    again = await client.post("/Patient", json=one, headers=condition)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.headers["location"] == again.headers["location"]
    server.load(one)
    refused(await client.post("/Patient", json=one, headers=condition), 412, "multiple-matches")
    misspelt = {"if-none-exist": "identifer=urn:mrn|7"}
    refused(await client.post("/Patient", json=one, headers=misspelt), 400, "invalid")


async def test_update_makes_versions(client: httpx.AsyncClient) -> None:
    """PUT creates under the client's id, then makes the next version."""
    first = await client.put("/Patient/anna", json=ANNA)
    second = await client.put("/Patient/anna", json=ANNA | {"gender": "female"})
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.headers["location"] == "http://fhir.test/Patient/anna"
    assert second.json()["meta"]["versionId"] == "2"
    assert (await client.get("/Patient/anna")).json()["gender"] == "female"


async def test_if_match(client: httpx.AsyncClient) -> None:
    """An update or delete that names an old or unknown version is refused and changes nothing."""
    stale = {"if-match": 'W/"1"'}
    refused(await client.put("/Patient/anna", json=ANNA, headers=stale), 412, "conflict")
    await client.put("/Patient/anna", json=ANNA)
    updated = await client.put("/Patient/anna", json=ANNA, headers=stale)
    assert updated.headers["etag"] == 'W/"2"'
    refused(await client.put("/Patient/anna", json=ANNA, headers=stale), 412, "conflict")
    refused(await client.delete("/Patient/anna", headers=stale), 412, "conflict")
    assert (await client.get("/Patient/anna")).headers["etag"] == 'W/"2"'


async def test_delete(client: httpx.AsyncClient) -> None:
    """A deleted resource is gone (410), is found no more, and can come back as a later version."""
    await client.put("/Patient/anna", json=ANNA)
    deleted = await client.delete("/Patient/anna")
    assert (deleted.status_code, deleted.content) == (204, b"")
    refused(await client.get("/Patient/anna"), 410, "deleted")
    assert (await client.get("/Patient")).json()["total"] == 0
    assert (await client.delete("/Patient/nobody")).status_code == 204
    back = await client.put("/Patient/anna", json=ANNA)
    assert (back.status_code, back.headers["etag"]) == (201, 'W/"3"')


@pytest.mark.parametrize(
    ("asked", "body", "status", "code"),
    [
        ("GET /Patient/nobody", "", 404, "not-found"),
        ("GET /Patiens/anna", "", 404, "not-supported"),
        ("GET /Patient/anna/_history", "", 404, "not-supported"),
        ("POST /Patient", "{", 400, "structure"),
        ("POST /Patient", "[]", 400, "structure"),
        ("POST /Patient", "", 400, "structure"),
        ("POST /Patient", '{"resourceType": "Flag"}', 400, "invalid"),
        ("PUT /Patient/anna", '{"resourceType": "Patient", "id": "b"}', 400, "invalid"),
        ("PUT /Patient/anna", '{"resourceType": "Patient"}', 400, "invalid"),
        ("POST /", '{"resourceType": "Patient"}', 400, "invalid"),
        ("POST /", '{"resourceType": "Bundle", "type": "document"}', 400, "invalid"),
        ("POST /", '{"resourceType": "Bundle", "entry": {}}', 400, "structure"),
    ],
)
async def test_refusals(
    client: httpx.AsyncClient, asked: str, body: str, status: int, code: str
) -> None:
    """What cannot be met is answered with its status and an OperationOutcome that says why."""
    method, path = asked.split()
    response = await client.request(method, path, content=body)
    assert refused(response, status, code)["diagnostics"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/Patient", "GET, POST"),
        ("PATCH", "/Patient/anna", "GET, PUT, DELETE"),
        ("GET", "/Patient/_search", "POST"),
        ("GET", "/", "POST"),
        ("POST", "/metadata", "GET"),
    ],
)
async def test_methods(client: httpx.AsyncClient, method: str, path: str, allowed: str) -> None:
    """A method an address does not have is a 405 that names those it has."""
    response = await client.request(method, path)
    refused(response, 405, "not-supported")
    assert response.headers["allow"] == allowed


async def test_unheard_of_method(client: httpx.AsyncClient) -> None:
    """A method FHIR does not know is refused in FHIR's words too."""
    refused(await client.request("PROPFIND", "/Patient"), 405, "not-supported")


async def test_bearer() -> None:
    """With tokens, only a known bearer is let in; the CapabilityStatement stays open."""
    server = FhirServer(tokens=frozenset({"good"}))
    server.load(ANNA)
    async with client_of(server.app) as client:
        for header in ({}, {"authorization": "Bearer bad"}, {"authorization": "Basic good"}):
            response = await client.get("/Patient/anna", headers=header)
            refused(response, 401, "login")
            assert response.headers["www-authenticate"] == "Bearer"
        let_in = await client.get("/Patient/anna", headers={"authorization": "Bearer good"})
        assert let_in.status_code == 200
        assert (await client.get("/metadata")).status_code == 200


async def test_metadata(client: httpx.AsyncClient) -> None:
    """The CapabilityStatement tells the FHIR version and the parameters that can be searched."""
    statement = (await client.get("/metadata")).json()
    assert statement["resourceType"] == "CapabilityStatement"
    assert statement["fhirVersion"] == "4.0.1"
    assert statement["implementation"]["url"] == "http://fhir.test"
    resources = {each["type"]: each for each in statement["rest"][0]["resource"]}
    assert len(resources) == 146
    allergy = resources["AllergyIntolerance"]["searchParam"]
    assert {"name": "clinical-status", "type": "token"} in allergy
    assert "MedicationRequest:medication" in resources["MedicationRequest"]["searchInclude"]


async def test_browsers_are_welcome(client: httpx.AsyncClient) -> None:
    """A page from another origin may read answers, and may ask beforehand without a token."""
    answer = await client.get("/Patient", headers={"origin": "http://demo.test"})
    assert answer.headers["access-control-allow-origin"] == "*"
    asking = {
        "origin": "http://demo.test",
        "access-control-request-method": "PUT",
        "access-control-request-headers": "authorization",
    }
    assert (await client.options("/Patient/anna", headers=asking)).status_code == 200


async def test_mounted_under_a_path() -> None:
    """Without a base_url, every address it gives is below where the app is mounted."""
    server = FhirServer(base_url=None, page_size=1)
    server.load(ANNA)
    server.load(ANNA | {"id": "bert"})
    async with client_of(Starlette(routes=[Mount("/ehr/fhir", server.app)])) as client:
        bundle = (await client.get("/ehr/fhir/Patient")).json()
        assert bundle["entry"][0]["fullUrl"] == "http://fhir.test/ehr/fhir/Patient/anna"
        following = await client.get(bundle["link"][1]["url"])
        assert following.json()["entry"][0]["resource"]["id"] == "bert"
        created = await client.post("/ehr/fhir/Patient", json=ANNA)
        assert (await client.get(created.headers["location"])).status_code == 200
    assert server.requests[0] == "GET /Patient"


async def test_from_the_inside(server: FhirServer, client: httpx.AsyncClient) -> None:
    """A test can see the requests and the resources, cannot harm them, and can start afresh."""
    server.load(ANNA)
    await client.get("/Patient?name=be&_count=5")
    assert server.requests == ["GET /Patient?name=be&_count=5"]
    server.read("Patient", "anna")["name"].clear()
    server.resources("Patient")[0]["name"].clear()
    assert server.read("Patient", "anna")["name"] == ANNA["name"]
    server.reset()
    assert (server.resources("Patient"), server.requests) == ([], [])


async def test_only_the_latest_requests_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a long-running server remembers of its requests does not grow for ever."""
    monkeypatch.setattr("service.fhir_server.app._REMEMBERED", 3)
    server = FhirServer()
    transport = httpx.ASGITransport(server.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://fhir.test") as client:
        for number in range(5):
            await client.get(f"/Patient/{number}")
    assert server.requests == [f"GET /Patient/{number}" for number in (2, 3, 4)]
