"""An EHR's FHIR server with knobs: the real in-memory server, behind a layer that misbehaves.

Run it over a socket with `tests.prefetch.servers.listening`. Every fault a vendor is known for is a
setting of `Knobs`, for all queries, for one resource type, or for one resource (`Medication/m1`).
"""

import asyncio
import gzip
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import msgspec
from starlette.types import Message, Receive, Scope, Send

from service.fhir_server import FhirServer
from tests.ehr import TOKEN, Json
from tests.strategies import as_json

FHIR_JSON: Final = "application/fhir+json"
XML: Final = b'<Bundle xmlns="http://hl7.org/fhir"><type value="searchset"/></Bundle>'
HTML: Final = b"<!DOCTYPE html><html><body><h1>Runtime Error</h1></body></html>"
CUT: Final = b'{"resourceType":"Bundle","type":"searchset","entry":[{"resource":{"resourceTy'
LATIN_1: Final = '{"resourceType":"Bundle","id":"\xe9"}'.encode("latin-1")
BOMB: Final = gzip.compress(b'{"resourceType":"Bundle","id":"' + b" " * 64_000_000 + b'"}')
_SERVERS_OWN: Final = "_page"


def outcome(severity: str = "error", code: str = "", **members: str) -> Json:
    """An OperationOutcome of one issue; `code` as Epic writes it, under a site's own system."""
    coding = {"system": "urn:oid:1.2.840.114350.1.13.0.1.7.2.657369", "code": code}
    issue: Json = {"severity": severity, "code": "processing", **members}
    issue |= {"details": {"coding": [coding]}} if code else {}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, as it came over the wire."""

    method: str
    path: str
    query: str
    headers: dict[str, str]

    @property
    def kind(self) -> str:
        """The resource type asked for."""
        return self.path.lstrip("/").partition("/")[0]

    @property
    def line(self) -> str:
        """Path and query, as in `Patient/1` or `Condition?patient=1`."""
        return self.path.lstrip("/") + (f"?{self.query}" if self.query else "")

    @property
    def parameters(self) -> dict[str, list[str]]:
        """The query's parameters."""
        return parse_qs(self.query, keep_blank_values=True)


@dataclass(frozen=True, slots=True)
class Paging:
    """How next links look, and what becomes of them.

    Attributes:
        parameter: the parameter that carries the page, as `sessionID`.
        prefix: what its value begins with, as MEDITECH's `VS.`.
        port: an explicit port to write into the link, where the base names none.
        foreign: another server's base URL, to which every next link leads instead.
        endless: whether every page has a next page.
        expires_on: the page that is answered with Epic's 4113, counted from 1; 0 for none.
        expired_status: the HTTP status that comes with it.
    """

    parameter: str = _SERVERS_OWN
    prefix: str = ""
    port: str = ""
    foreign: str = ""
    endless: bool = False
    expires_on: int = 0
    expired_status: int = 400


def _never(_asked: Asked) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Knobs:
    """How the server answers; the defaults are a good server's.

    Attributes:
        after: answers that are well before the fault sets in (a token that dies later).
        times: answers for which the fault lasts (503, then well again); None is for good.
        unless: says of a request that it escapes the fault (it has the parameter that is demanded).
        delay: seconds before the answer.
        status: the status; anything but 200 sends `body`, or a usual outcome.
        headers: of the answer, as Retry-After, Location, Content-Encoding.
        body: what is sent in place of data.
        content_type: of `body`.
        endless: whether the body never ends.
        drip: seconds after each byte of the body.
        dropped: whether the connection is cut half-way through the body.
        bundle_type: of searches, where it is not searchset.
        entries: further resources in every page.
        total: "page" counts the page's entries only, "none" leaves the total out.
        edit: any other change to a search's Bundle.
        ignored: search parameters that are taken as if they were not there.
        paging: the next links.
    """

    after: int = 0
    times: int | None = None
    unless: Callable[[Asked], bool] = _never
    delay: float = 0.0
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    content_type: str = FHIR_JSON
    endless: bool = False
    drip: float = 0.0
    dropped: bool = False
    bundle_type: str = "searchset"
    entries: tuple[Json, ...] = ()
    total: str = ""
    edit: Callable[[Json], Json] | None = None
    ignored: tuple[str, ...] = ()
    paging: Paging = field(default_factory=Paging)

    def hold(self, asked: Asked, number: int) -> bool:
        """Whether the fault shows in the answer to this request, the `number`th of its kind."""
        over = self.times is not None and number > self.after + self.times
        return number > self.after and not over and not self.unless(asked)

    @property
    def in_place_of_data(self) -> bool:
        """Whether something else is sent than what the server has."""
        return self.status != 200 or self.body is not None or self.endless


class _Answer(NamedTuple):
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


_GOOD: Final = Knobs()


class EhrDouble:
    """The server: an ASGI app that answers as its knobs say, and records what it was asked."""

    def __init__(self, fhir: FhirServer | None = None, usual: Knobs = _GOOD, **of: Knobs) -> None:
        """Wrap a server; `usual` holds for all that no resource type or resource is set for."""
        self.fhir = fhir or FhirServer(frozenset({TOKEN}), base_url=None)
        self.usual = usual
        self.of = dict(of)
        self.asked: list[Asked] = []
        self._numbers: Counter[str] = Counter()

    def load(self, *resources: Json) -> None:
        """Put resources into the chart."""
        for resource in resources:
            self.fhir.load(resource)

    def lines(self, kind: str = "") -> list[str]:
        """What was asked for, of one resource type or of all, in order."""
        return [asked.line for asked in self.asked if kind in ("", asked.kind)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        asked = Asked(scope["method"], path, scope["query_string"].decode(), headers)
        self.asked.append(asked)
        knobs = self.knobs(asked)
        page = _page_of(asked, knobs.paging)
        answer = await self._well(scope, asked, knobs)
        if knobs.body is None and answer.status == 200 and page == knobs.paging.expires_on:
            expired = as_json(outcome(code="4113"))
            answer = _Answer(knobs.paging.expired_status, (), expired)
        if knobs.in_place_of_data:
            answer = _Answer(knobs.status, knobs.headers, _instead(knobs))
        gone = asyncio.ensure_future(_until_gone(receive))
        try:
            await asyncio.wait({gone}, timeout=knobs.delay)
            await _send(answer, knobs, send, gone)
        finally:
            gone.cancel()

    def knobs(self, asked: Asked) -> Knobs:
        """The knobs that hold for this request."""
        names = (asked.path.strip("/"), asked.kind)
        name = next((name for name in names if name in self.of), "")
        self._numbers[name] += 1
        knobs = self.of.get(name, self.usual)
        held = knobs.hold(asked, self._numbers[name])
        return knobs if held else Knobs(paging=knobs.paging)

    async def _well(self, scope: Scope, asked: Asked, knobs: Knobs) -> _Answer:
        """What the server itself answers, its Bundle changed as the knobs say."""
        query = urlencode(
            [
                (_SERVERS_OWN, _token(value, knobs.paging))
                if name == knobs.paging.parameter
                else (name, value)
                for name, value in parse_qsl(asked.query, keep_blank_values=True)
                if name not in knobs.ignored and not value.endswith("again")
            ]
        )
        status, body = await _called(self.fhir, {**scope, "query_string": query.encode()})
        found = msgspec.json.decode(body) if body else None
        if status != 200 or not isinstance(found, dict) or found.get("type") != "searchset":
            return _Answer(status, (("content-type", FHIR_JSON),), body)
        return _Answer(
            status, (("content-type", FHIR_JSON),), as_json(_bundle(found, asked, knobs))
        )


def _bundle(found: Json, asked: Asked, knobs: Knobs) -> Json:
    """A search's Bundle, as the knobs have it."""
    entries = [*found.get("entry", []), *({"resource": extra} for extra in knobs.entries)]
    changed = found | {"type": knobs.bundle_type, "entry": entries}
    changed["link"] = [_link(link, asked, knobs.paging) for link in found["link"]]
    if knobs.paging.endless:
        names = [pair for pair in parse_qsl(asked.query) if pair[0] != knobs.paging.parameter]
        value = f"{knobs.paging.prefix}{_page_of(asked, knobs.paging) + 1}-again"
        query = urlencode([*names, (knobs.paging.parameter, value)])
        own = [link for link in changed["link"] if link["relation"] == "self"]
        next_link = {"relation": "next", "url": f"{asked.kind}?{query}"}
        changed["link"] = [*own, next_link]
    if knobs.total == "page":
        changed["total"] = len(entries)
    elif knobs.total == "none":
        del changed["total"]
    return knobs.edit(changed) if knobs.edit else changed


def _link(link: Json, asked: Asked, paging: Paging) -> Json:
    """A link as the vendor writes it; links other than next stay."""
    if link["relation"] != "next":
        return link
    parts = urlsplit(link["url"])
    token = parse_qs(parts.query)[_SERVERS_OWN][0]
    value = f"{paging.prefix}{_page_of(asked, paging) + 1}-{token}"
    base = paging.foreign or f"{parts.scheme}://{parts.netloc}{paging.port}"
    return link | {"url": f"{base}{parts.path}?{paging.parameter}={value}"}


def _page_of(asked: Asked, paging: Paging) -> int:
    """The number of the page that is asked for, from 1."""
    value = asked.parameters.get(paging.parameter, ["1-"])[0].removeprefix(paging.prefix)
    return int(value.partition("-")[0])


def _token(value: str, paging: Paging) -> str:
    """The server's own name of a page."""
    return value.removeprefix(paging.prefix).partition("-")[2]


def _instead(knobs: Knobs) -> bytes:
    return as_json(outcome()) if knobs.body is None else knobs.body


async def _called(fhir: FhirServer, scope: Scope) -> tuple[int, bytes]:
    """The status and body of the server's own answer."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await fhir.app(scope, receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent)


async def _until_gone(receive: Receive) -> None:
    """Return when the client has gone away, or has its answer."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send(answer: _Answer, knobs: Knobs, send: Send, gone: asyncio.Future[None]) -> None:
    """Send an answer, in whatever manner the knobs ask for; stop when nobody listens."""
    named = dict(answer.headers)
    named.setdefault("content-type", knobs.content_type)
    if not knobs.endless:
        named["content-length"] = str(len(answer.body))
    raw = [(name.lower().encode(), value.encode()) for name, value in named.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    if knobs.dropped:
        half = answer.body[: len(answer.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        return  # the server that runs us hangs up on an answer that is not whole
    while knobs.endless and not gone.done():
        await send({"type": "http.response.body", "body": b" " * 65_536, "more_body": True})
        await asyncio.sleep(0)
    for place in range(len(answer.body) if knobs.drip else 0):
        if not gone.done():
            piece = answer.body[place : place + 1]
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            await asyncio.wait({gone}, timeout=knobs.drip)
    rest = b"" if knobs.drip or knobs.endless else answer.body
    await send({"type": "http.response.body", "body": rest})
