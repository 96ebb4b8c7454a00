"""The FHIR client: whatever a server does becomes pages and a reason, and the token stays home."""

import asyncio
import gzip
import time

import msgspec
import pytest
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from prefetch.client import Access, Answer, Bounds
from prefetch.states import Reason
from service.fhir_server import FhirServer
from tests.ehr import FHIR_BASE, TOKEN, allergy
from tests.prefetch.servers import Server, access, client_of, json_of, page
from tests.strategies import as_json

QUERY = "AllergyIntolerance?patient=p1"


async def ask(server: Server, bounds: Bounds | None = None, query: str = QUERY) -> Answer:
    """The client's answer to one query of a server."""
    async with client_of(server.app, bounds) as client:
        return await client.query(access(), query)


def ids(answer: Answer) -> list[str]:
    """The ids of all resources of an answer, in order."""
    pages = [msgspec.json.decode(body) for body in answer.pages]
    return [entry["resource"]["id"] for body in pages for entry in body.get("entry", [])]


async def test_a_search_is_asked_as_fhir_r4_with_the_token() -> None:
    """One GET below the base, with the delegated token, that accepts FHIR R4 only (VER-01)."""
    server = Server(json_of(page(allergy())))
    answer = await ask(server)
    assert (ids(answer), answer.reason) == (["a1"], None)
    (request,) = server.requests
    assert (request.method, server.urls) == ("GET", [f"{FHIR_BASE}/{QUERY}"])
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["accept"].startswith("application/fhir+json; fhirVersion=4.0")


@pytest.mark.parametrize("base", [FHIR_BASE, f"{FHIR_BASE}/"])
async def test_queries_are_relative_to_the_base(base: str) -> None:
    """A slash at the base's end changes nothing, and encoded values stay encoded."""
    server = Server(json_of({"resourceType": "Patient", "id": "a b"}))
    async with client_of(server.app) as client:
        await client.query(access(base), "Patient/a%20b")
    assert server.urls == [f"{FHIR_BASE}/Patient/a%20b"]


async def test_a_searchset_without_next_link_is_complete() -> None:
    """A list that ends is asked for once and is whole: no next link is no truncation."""
    server = Server(json_of(page(allergy())))
    answer = await ask(server)
    assert (len(server.requests), len(answer.pages), answer.reason) == (1, 1, None)


@pytest.mark.parametrize("link", ["", None])
async def test_an_empty_next_link_is_none(link: str | None) -> None:
    """A next link without an address is the end of the list."""
    links = {"link": [{"relation": "next", "url": link}]}
    server = Server(json_of(page(allergy()) | links))
    answer = await ask(server)
    assert (len(server.requests), answer.reason) == (1, None)


async def test_pages_of_the_real_server_are_followed() -> None:
    """Every page of a real FHIR server is read, in order, and nothing twice."""
    fhir = FhirServer(frozenset({TOKEN}), page_size=2, base_url="https://ehr.test")
    for number in range(5):
        fhir.load(allergy(id=f"a{number}"))
    async with client_of(fhir.app) as client:
        answer = await client.query(access("https://ehr.test"), QUERY)
    assert (sorted(ids(answer)), answer.reason) == ([f"a{n}" for n in range(5)], None)
    assert len(answer.pages) == len(fhir.requests) == 3


async def test_a_wrong_token_is_refused_by_the_real_server() -> None:
    """What a real FHIR server says to an unknown token arrives as a reason."""
    fhir = FhirServer(frozenset({"another"}), base_url="https://ehr.test")
    async with client_of(fhir.app) as client:
        answer = await client.query(access("https://ehr.test"), QUERY)
    assert answer == Answer(reason=Reason.UNAUTHORIZED)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (204, Reason.SERVER_ERROR),
        (302, Reason.REDIRECTED),
        (400, Reason.REJECTED),
        (401, Reason.UNAUTHORIZED),
        (403, Reason.FORBIDDEN),
        (404, Reason.NOT_FOUND),
        (405, Reason.REJECTED),
        (410, Reason.NOT_FOUND),
        (413, Reason.REJECTED),
        (422, Reason.REJECTED),
        (429, Reason.RATE_LIMITED),
        (500, Reason.SERVER_ERROR),
        (503, Reason.SERVER_ERROR),
        (599, Reason.SERVER_ERROR),
    ],
)
async def test_status_codes(status: int, reason: Reason) -> None:
    """Each kind of refusal has its reason, and is no data whatever its body.

    Only a server that may do better in a moment is asked again, and not for ever.
    """
    body = b"" if status == 204 else as_json(page(allergy()))
    server = Server(Response(body, status, {"retry-after": "0"}))
    assert await ask(server) == Answer(reason=reason)
    assert len(server.requests) == (3 if status in (429, 503) else 1)


@pytest.mark.parametrize("asked", ["²", "-1", "soon", "Wed, 21 Oct 2015 07:28:00 -0000", "9" * 500])
async def test_an_odd_retry_after_breaks_nothing(asked: str) -> None:
    """Whatever a busy server says of when to come back, the outcome is that it is busy."""
    server = Server(Response(b"", 429, {"retry-after": asked}))
    assert await ask(server) == Answer(reason=Reason.RATE_LIMITED)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", ["https://evil.test/fhir", f"{FHIR_BASE}/other", "/other"])
async def test_redirects_are_not_followed(status: int, location: str) -> None:
    """The token is not carried along a redirect, be it to the same server."""
    server = Server(RedirectResponse(location, status))
    assert await ask(server) == Answer(reason=Reason.REDIRECTED)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.test/fhir?page=2",
        "//evil.test/fhir?page=2",
        "http://ehr.test/fhir?page=2",
        "https://ehr.test:8443/fhir?page=2",
        "https://ehr.test@evil.test/?page=2",
        "javascript:alert(1)",
        "https://[ehr.test/",
        f"{FHIR_BASE}?page=\x00",
        "https://ehr.test/" + "x" * 70_000,
    ],
)
async def test_links_that_lead_elsewhere_are_not_followed(link: str) -> None:
    """A next link to another origin, or to nowhere, leaves a part of the list."""
    server = Server(json_of(page(allergy(), next_url=link)))
    answer = await ask(server)
    assert (ids(answer), answer.reason) == (["a1"], Reason.TRUNCATED)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "query", ["//evil.test/x", "https://evil.test/x", "\\\\evil.test/x", "//["]
)
async def test_a_query_stays_with_its_server(query: str) -> None:
    """A "relative" request that names another host never takes the token there."""
    server = Server(json_of(page()))
    await ask(server, query=query)
    assert all(url.startswith("https://ehr.test/") for url in server.urls)


@pytest.mark.parametrize("link", ["https://ehr.test:443/fhir?continue=VS.1", "fhir?cursor=x"])
async def test_links_within_the_server_are_followed(link: str) -> None:
    """A default port made explicit (MED-04) and a relative link lead to the next page."""

    async def answer(request: Request) -> Response:
        more = None if request.url.query != "patient=p1" else link
        return json_of(page(allergy(id=request.url.query), next_url=more))

    server = Server(answer)
    found = await ask(server)
    assert (len(found.pages), found.reason) == (2, None)
    assert all(r.headers["authorization"] == f"Bearer {TOKEN}" for r in server.requests)


@pytest.mark.parametrize(("limit", "expected"), [(1, 1), (3, 3)])
async def test_endless_pages_end(limit: int, expected: int) -> None:
    """A list whose next link never ends is cut at the bound, and says so."""

    async def answer(request: Request) -> Response:
        return json_of(page(allergy(), next_url=str(request.url)))

    server = Server(answer)
    found = await ask(server, Bounds(pages=limit))
    assert (len(found.pages), found.reason) == (expected, Reason.TRUNCATED)
    assert len(server.requests) == expected


@pytest.mark.parametrize(("limit", "expected"), [(1, 1), (3, 2), (4, 2), (5, 3)])
async def test_entries_are_bounded_over_all_pages(limit: int, expected: int) -> None:
    """A list of very many small entries is cut once it has brought as many as are allowed."""

    async def answer(request: Request) -> Response:
        return json_of(page(allergy(), allergy(), next_url=str(request.url)))

    found = await ask(Server(answer), Bounds(entries=limit))
    assert (len(found.pages), found.reason) == (expected, Reason.TRUNCATED)


async def test_a_page_that_fails_leaves_a_part() -> None:
    """Pages already read are kept when a later one fails, and the list is not whole (EPIC-30)."""

    async def answer(request: Request) -> Response:
        if request.url.query == "page=2":
            return Response(status_code=401)
        return json_of(page(allergy(), next_url=f"{FHIR_BASE}?page=2"))

    found = await ask(Server(answer))
    assert (ids(found), found.reason) == (["a1"], Reason.TRUNCATED)


@pytest.mark.parametrize(("room", "pages"), [(400, 0), (1200, 1), (100_000, 3)])
async def test_bytes_are_bounded_over_all_pages(room: int, pages: int) -> None:
    """A list of more bytes than allowed is cut, before its pages pile up."""

    async def answer(request: Request) -> Response:
        number = len(request.url.query.partition("page=")[2])
        more = None if number == 2 else f"{FHIR_BASE}?page={'x' * (number + 1)}"
        return json_of(page(allergy(note=[{"text": "x" * 300}]), next_url=more))

    found = await ask(Server(answer), Bounds(bytes=room))
    assert len(found.pages) == pages
    assert (found.reason is None) is (pages == 3)
    assert sum(map(len, found.pages)) <= room


async def test_a_small_answer_that_unpacks_to_a_huge_one_is_cut() -> None:
    """The bound is on what must be held in memory, not on what came over the wire."""
    packed = gzip.compress(as_json(page(allergy(note=[{"text": " " * 5_000_000}]))))
    server = Server(Response(packed, headers={"content-encoding": "gzip"}))
    assert await ask(server, Bounds(bytes=100_000)) == Answer(reason=Reason.TRUNCATED)
    assert len(packed) < 100_000


async def test_a_packed_answer_is_unpacked() -> None:
    """Compressed answers are read like others."""
    packed = gzip.compress(as_json(page(allergy())))
    answer = await ask(Server(Response(packed, headers={"content-encoding": "gzip"})))
    assert (ids(answer), answer.reason) == (["a1"], None)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (as_json(page(allergy()))[:-1], {}),
        (b"<html><body>Not found</body></html>", {"content-type": "text/html"}),
        (b"<Bundle xmlns='http://hl7.org/fhir'/>", {"content-type": "application/fhir+xml"}),
        (b"", {}),
        (b"null", {}),
        (b"[]", {}),
        (b"\xff\xfe{}", {}),
        (b"[" * 5000, {}),
        (b'{"a":' * 5000, {}),
        (b"not gzip at all", {"content-encoding": "gzip"}),
        (gzip.compress(as_json(page(allergy())), mtime=0)[:40], {"content-encoding": "gzip"}),
        (gzip.compress(as_json(page(allergy())), mtime=0)[:-8], {"content-encoding": "gzip"}),
    ],
)
async def test_what_is_no_json_object_is_malformed(body: bytes, headers: dict[str, str]) -> None:
    """A 200 that holds no JSON object is no answer, and never an empty one (EPIC-28)."""
    assert await ask(Server(Response(body, 200, headers))) == Answer(reason=Reason.MALFORMED)


async def test_a_server_that_never_answers_is_left_at_the_deadline() -> None:
    """A slow answer is a timeout, and one that is late for its second page a part of the list."""

    async def answer(request: Request) -> Response:
        if request.url.query != "page=1":
            await asyncio.Event().wait()
        return json_of(page(allergy(), next_url=f"{FHIR_BASE}?page=2"))

    async with client_of(Server(answer).app) as client:
        assert await client.query(access(seconds=0.02), "A?page=0") == Answer(reason=Reason.TIMEOUT)
        found = await client.query(access(seconds=2), "A?page=1")
    assert (ids(found), found.reason) == (["a1"], Reason.TRUNCATED)


async def test_a_loop_that_is_late_keeps_what_came() -> None:
    """Where the loop is held up past the deadline, the pages that came are a part of the list."""

    async def answer(request: Request) -> Response:
        if request.url.query != "page=1":
            time.sleep(0.4)  # noqa: ASYNC251 - somebody holds the loop up
            await asyncio.Event().wait()
        return json_of(page(allergy(), next_url=f"{FHIR_BASE}?page=2"))

    async with client_of(Server(answer).app) as client:
        found = await client.query(access(seconds=0.3), "A?page=1")
    assert (ids(found), found.reason) == (["a1"], Reason.TRUNCATED)


async def test_a_deadline_that_has_passed_is_a_timeout() -> None:
    """With no time left nothing is asked, and nothing is held against the server."""
    server = Server(json_of(page()))
    async with client_of(server.app) as client:
        late = [await client.query(access(seconds=-1), QUERY) for _ in range(10)]
        assert server.requests == []
        assert (await client.query(access(), QUERY)).reason is None
    assert set(late) == {Answer(reason=Reason.TIMEOUT)}


async def test_one_calls_cookies_are_not_sent_with_another() -> None:
    """A session that a server opens for one token is not shared with the next token's call."""
    answer = json_of(page())
    answer.set_cookie("session", "of-the-first-user")
    server = Server(answer)
    async with client_of(server.app) as client:
        await client.query(access(token="first"), QUERY)
        await client.query(access(token="second"), QUERY)
    assert [request.headers.get("cookie") for request in server.requests] == [None, None]


@pytest.mark.parametrize("token", ["töken", "a" * 20_000])
async def test_an_odd_token_breaks_nothing(token: str) -> None:
    """A token that no header can carry is a reason, not a crash."""
    async with client_of(Server(json_of(page())).app) as client:
        answer = await client.query(access(token=token), QUERY)
    assert (answer.reason is None) is token.isascii()


async def test_the_token_never_prints() -> None:
    """The way to a server can be logged."""
    assert TOKEN not in f"{access()!r} {access()}"
    assert FHIR_BASE in repr(Access(FHIR_BASE, TOKEN, 0))
