"""The in-memory FHIR server: what searches find, and how they are paged."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from service.fhir_server import FhirServer

pytestmark = pytest.mark.anyio

SNOMED = "http://snomed.info/sct"


@pytest.fixture
def anyio_backend() -> str:
    """The event loop the service runs on."""
    return "asyncio"


@pytest.fixture
def server() -> FhirServer:
    """A server with small pages."""
    return FhirServer(page_size=3)


@pytest.fixture
async def client(server: FhirServer) -> AsyncIterator[httpx.AsyncClient]:
    """A client of that server."""
    transport = httpx.ASGITransport(server.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://fhir.test") as opened:
        yield opened


async def found(client: httpx.AsyncClient, path: str) -> str:
    """The ids that a search matches, joined, all pages together."""
    ids: list[str] = []
    while path:
        bundle = (await client.get(path)).raise_for_status().json()
        entries = bundle.get("entry", [])
        ids += [each["resource"]["id"] for each in entries if each["search"]["mode"] == "match"]
        links = {each["relation"]: each["url"] for each in bundle["link"]}
        path = links.get("next", "")
    assert bundle["total"] == len(ids)
    return " ".join(ids)


def condition(resource_id: str, **elements: object) -> dict[str, Any]:
    """A Condition with these elements."""
    return {"resourceType": "Condition", "id": resource_id, **elements}


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("code=1", "here there bare"),
        (f"code={SNOMED}|1", "here"),
        (f"code={SNOMED}|", "here two"),
        ("code=|1", "bare"),
        ("code=1,2", "here there two bare"),
        ("code=1&code=9", "there"),
        (f"code=http://other|9,{SNOMED}|2", "there two"),
        ("code:not=1", "two none"),
        ("code:missing=true", "none"),
        ("code:missing=false&_id=two,none", "two"),
        ("_id=two", "two"),
        ("identifier=urn:mrn|a%5C,b", "none"),
    ],
)
async def test_tokens(server: FhirServer, client: httpx.AsyncClient, query: str, ids: str) -> None:
    """A token matches by code, by system and code, by either alone; comma is OR, repeat is AND."""
    other = {"system": "http://other", "code": "9"}
    server.load(condition("here", code={"coding": [{"system": SNOMED, "code": "1"}]}))
    server.load(condition("there", code={"coding": [{"system": "http://x", "code": "1"}, other]}))
    server.load(condition("two", code={"coding": [{"system": SNOMED, "code": "2"}]}))
    server.load(condition("bare", code={"coding": [{"code": "1"}]}))
    server.load(condition("none", identifier=[{"system": "urn:mrn", "value": "a,b"}]))
    assert await found(client, f"/Condition?{query}") == ids


async def test_plain_codes_and_booleans(server: FhirServer, client: httpx.AsyncClient) -> None:
    """A code element, whose system is implied, and a boolean are tokens too."""
    request = {"resourceType": "MedicationRequest", "id": "m", "status": "active"}
    server.load(request | {"intent": "order"})
    server.load({"resourceType": "Patient", "id": "p", "active": True, "gender": "female"})
    system = "http://hl7.org/fhir/CodeSystem/medicationrequest-status"
    assert await found(client, "/MedicationRequest?status=active,on-hold&intent=order") == "m"
    assert await found(client, f"/MedicationRequest?status={system}|active") == "m"
    assert await found(client, "/MedicationRequest?status=stopped") == ""
    assert await found(client, "/Patient?active=true&gender=female") == "p"


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("patient=p1", "relative versioned"),
        ("patient=Patient/p1", "relative versioned"),
        ("subject=p1", "relative versioned group"),
        ("subject:Group=p1", "group"),
        ("patient=Group/p1", ""),
        ("patient=http://elsewhere/Patient/p1", "absolute"),
        ("patient=p1,p2", "relative versioned other"),
    ],
)
async def test_references(
    server: FhirServer, client: httpx.AsyncClient, query: str, ids: str
) -> None:
    """A reference is found by id or by type and id; `patient` never means a Group."""
    named = {
        "relative": "Patient/p1",
        "versioned": "Patient/p1/_history/2",
        "group": "Group/p1",
        "absolute": "http://elsewhere/Patient/p1",
        "other": "Patient/p2",
    }
    for resource_id, reference in named.items():
        server.load(condition(resource_id, subject={"reference": reference}))
    assert await found(client, f"/Condition?{query}") == ids


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("2020", "year month day minute"),
        ("eq2020-06", "month day minute"),
        ("2020-06-15", "day minute"),
        ("2020-06-15T12:30Z", "minute"),
        ("ne2020", "period open"),
        ("lt2020-06", "year period"),
        ("le2020-06", "year month day minute period"),
        ("gt2020-06-15", "year month period open"),
        ("ge2020-06-15", "year month day minute period open"),
        ("sa2020", "open"),
        ("eb2020-07", "month day minute"),
        (
            "gt2020-06-15T14:29:59%2B02:00&onset-date=lt2020-06-15T12:31Z",
            "year month day minute period",
        ),
    ],
)
async def test_dates(server: FhirServer, client: httpx.AsyncClient, query: str, ids: str) -> None:
    """Prefixes compare spans of time, so a partial date means all of its year, month or day."""
    onsets = {"year": "2020", "month": "2020-06", "day": "2020-06-15"}
    for resource_id, onset in (onsets | {"minute": "2020-06-15T14:30:00+02:00"}).items():
        server.load(condition(resource_id, onsetDateTime=onset))
    server.load(condition("period", onsetPeriod={"start": "2019-12-31", "end": "2020-07"}))
    server.load(condition("open", onsetPeriod={"start": "2021-01-01"}))
    server.load(condition("unreadable", onsetDateTime="06/15/2020"))
    server.load(condition("malformed", onsetPeriod={"start": "soon"}))
    matched = await found(client, f"/Condition?onset-date={query}")
    assert sorted(matched.split()) == sorted(ids.split())


async def test_dates_of_any_type(server: FhirServer, client: httpx.AsyncClient) -> None:
    """A choice element is searched whatever type was chosen, Timing and end of time included."""
    forever = {"start": "2020-01-01", "end": "9999-12-31"}
    timed: dict[str, dict[str, Any]] = {
        "instant": {"effectiveInstant": "2020-03-01T10:00:00.123Z"},
        "events": {"effectiveTiming": {"event": ["1999", "2020-03-01"]}},
        "bounds": {"effectiveTiming": {"repeat": {"boundsPeriod": forever}}},
        "period": {"effectivePeriod": forever},
    }
    for resource_id, effective in timed.items():
        server.load({"resourceType": "Observation", "id": resource_id, **effective})
    assert await found(client, "/Observation?date=2020-03-01") == "instant events"
    assert await found(client, "/Observation?date=gt2020-03-01") == "bounds period"


async def test_names(server: FhirServer, client: httpx.AsyncClient) -> None:
    """A string matches from its start, whatever the case and accents; modifiers say otherwise."""
    name = [{"use": "official", "family": "Gaytán", "given": ["Alberto", "José"]}]
    server.load({"resourceType": "Patient", "id": "p", "name": name})
    for query in ("name=gayt", "name=JOSE", "name:contains=ytan", "name:exact=Gaytán"):
        assert await found(client, f"/Patient?{query}") == "p"
    for query in ("name=ytan", "name:exact=gaytan", "name=official"):
        assert await found(client, f"/Patient?{query}") == ""


async def test_sort(server: FhirServer, client: httpx.AsyncClient) -> None:
    """Sorting goes by date either way, by a second key within the first, and puts none last."""
    months = {"b": "2020-02", "none": "", "a": "2020-01", "c": "2020-02"}
    for resource_id, onset in months.items():
        server.load(condition(resource_id, **({"onsetDateTime": onset} if onset else {})))
    assert await found(client, "/Condition?_sort=onset-date") == "a b c none"
    assert await found(client, "/Condition?_sort=-onset-date,-_id") == "c b a none"


async def test_include(server: FhirServer, client: httpx.AsyncClient) -> None:
    """_include brings the Medication along, once, marked as included and not counted."""
    server.load({"resourceType": "Medication", "id": "drug"})
    for resource_id, drug in (("a", "drug"), ("b", "drug"), ("c", "gone")):
        reference = {"medicationReference": {"reference": f"Medication/{drug}"}}
        server.load({"resourceType": "MedicationRequest", "id": resource_id, **reference})
    query = "/MedicationRequest?_include=MedicationRequest:medication"
    bundle = (await client.get(query)).json()
    modes = {each["fullUrl"]: each["search"]["mode"] for each in bundle["entry"]}
    assert modes.pop("http://fhir.test/Medication/drug") == "include"
    assert set(modes.values()) == {"match"}
    assert (bundle["total"], len(bundle["entry"])) == (3, 4)


async def test_paging_gives_each_once(server: FhirServer, client: httpx.AsyncClient) -> None:
    """Next links lead to every match exactly once, even when one is deleted on the way."""
    for number in range(8):
        server.load(condition(str(number)))
    first = (await client.get("/Condition?_count=100")).json()
    assert (first["total"], len(first["entry"])) == (8, 3)
    await client.delete("/Condition/0")
    following = next(each["url"] for each in first["link"] if each["relation"] == "next")
    rest: list[str] = []
    while following:
        page = (await client.get(following)).json()
        rest += [each["resource"]["id"] for each in page["entry"]]
        links = {each["relation"]: each["url"] for each in page["link"]}
        assert links["self"] == following
        following = links.get("next", "")
    assert [each["resource"]["id"] for each in first["entry"]] + rest == list("01234567")


async def test_count(server: FhirServer, client: httpx.AsyncClient) -> None:
    """_count makes pages smaller; 0, like _summary=count, asks for the total alone."""
    for number in range(4):
        server.load(condition(str(number)))
    assert len((await client.get("/Condition?_count=2")).json()["entry"]) == 2
    for query in ("_count=0", "_summary=count"):
        bundle = (await client.get(f"/Condition?{query}")).json()
        assert bundle["total"] == 4
        assert "entry" not in bundle
        assert [each["relation"] for each in bundle["link"]] == ["self"]


async def test_post_search_equals_get(server: FhirServer, client: httpx.AsyncClient) -> None:
    """POST _search, with its parameters in body, address or both, answers as GET does."""
    for number in range(3):
        server.load(condition(str(number), subject={"reference": f"Patient/{number % 2}"}))
    by_get = await client.get("/Condition?patient=0&_id=0,2")
    by_body = await client.post("/Condition/_search", data={"patient": "0", "_id": "0,2"})
    by_both = await client.post("/Condition/_search?patient=0", data={"_id": "0,2"})
    assert by_get.json()["total"] == 2
    assert by_get.json() == by_body.json() == by_both.json()


async def test_unknown_parameters(server: FhirServer, client: httpx.AsyncClient) -> None:
    """An unknown parameter is left out of the self link, or refused when handling is strict."""
    server.load(condition("a", subject={"reference": "Patient/1"}))
    query = "/Condition?patient=1&colour=red&_sort=colour&_include=Condition:colour&code="
    lenient = (await client.get(query)).json()
    assert lenient["link"][0]["url"] == "http://fhir.test/Condition?patient=1"
    assert lenient["total"] == 1
    strict = {"prefer": "handling=strict"}
    assert (await client.get(query, headers=strict)).status_code == 400
    assert (await client.get("/Condition?patient=1", headers=strict)).status_code == 200


@pytest.mark.parametrize(
    "query",
    ["onset-date=yesterday", "onset-date=xx2020", "code:in=x", "code:missing=no", "_count=few"],
)
async def test_what_cannot_be_read_is_refused(client: httpx.AsyncClient, query: str) -> None:
    """A malformed value or an unsupported modifier is never quietly ignored."""
    response = await client.get(f"/Condition?{query}")
    assert response.status_code == 400
    assert response.json()["resourceType"] == "OperationOutcome"


async def test_expired_page(server: FhirServer, client: httpx.AsyncClient) -> None:
    """A page the server has forgotten is gone, not empty."""
    for number in range(4):
        server.load(condition(str(number)))
    links = (await client.get("/Condition")).json()["link"]
    server.reset()
    assert (await client.get(links[1]["url"])).status_code == 410
