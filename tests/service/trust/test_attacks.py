"""Hostile requests: tokens in the wrong place, in odd headers, used twice, or of another tenant."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from starlette.responses import RedirectResponse

from tests.attacks import refused
from tests.callers import (
    CONFIG,
    DISCOVERY,
    FEEDBACK,
    JKU,
    SERVICE,
    Caller,
    Clock,
    ec,
    key_set,
    public,
)
from tests.door import Door, opened
from tests.ehr import TOKEN, draft, order_sign
from tests.prefetch.servers import listening

SHARED = "https://shared.test/keys"
HEADERS: list[tuple[str, Any]] = [
    ("another scheme", lambda t: f"Basic {t}"),
    ("no scheme", lambda t: t),
    ("scheme alone", lambda _: "Bearer"),
    ("scheme and a space", lambda _: "Bearer "),
    ("scheme glued to the token", lambda t: f"Bearer{t}"),
    ("a tab", lambda t: f"Bearer\t{t}"),
    ("a comma", lambda t: f"Bearer,{t}"),
    ("two tokens", lambda t: f"Bearer {t} {t}"),
    ("two tokens by comma", lambda t: f"Bearer {t}, Bearer {t}"),
    ("parameter form", lambda t: f'Bearer token="{t}"'),
    ("quotes", lambda t: f'Bearer "{t}"'),
    ("space within", lambda t: f"Bearer {t[:50]} {t[50:]}"),
    ("padding", lambda t: f"Bearer {t}=="),
    ("plain base64", lambda t: f"Bearer {t}+/"),
    ("a full stop more", lambda t: f"Bearer {t}."),
    ("a part more", lambda t: f"Bearer {t}.AAAA"),
    ("a part less", lambda t: f"Bearer {t.rpartition('.')[0]}"),
    ("percent encoded", lambda t: f"Bearer {t.replace('.', '%2E')}"),
    ("other letters", lambda t: f"Bearer {t[:-1]}\xe9"),
    ("the FHIR access token", lambda _: f"Bearer {TOKEN}"),
    ("a megabyte", lambda t: f"Bearer {t}{'A' * 1_000_000}"),
]


@pytest.mark.parametrize("value", [h[1] for h in HEADERS], ids=[h[0] for h in HEADERS])
async def test_odd_headers(door: Door, caller: Caller, value: Any) -> None:
    """A good token in a bad header is malformed, and costs no fetch."""
    answer = await door.knock({"Authorization": value(caller.token()).encode("latin-1")})
    refused(answer, "malformed")
    assert door.keys.asked == []


async def test_two_headers(door: Door, caller: Caller) -> None:
    """Two Authorization headers are refused, whichever of them is good."""
    good, bad = caller.bearer()["Authorization"], "Bearer x.y.z"
    for pair in ((good, bad), (bad, good), (good, good)):
        answer = await door.knock([("Authorization", value) for value in pair])
        refused(answer, "malformed")


@pytest.mark.parametrize("raw", [b"a\r\n b", b"a\x00b", b"a\nX-Evil: 1"])
async def test_line_breaks_in_the_header(door: Door, caller: Caller, raw: bytes) -> None:
    """Over a real socket, a broken-up header never gets to be a good one."""
    token = caller.token().encode()
    body = json.dumps(order_sign(draft())).encode()
    value = raw.replace(b"a", token[:40]).replace(b"b", token[40:])
    request = (
        b"POST " + SERVICE.encode() + b" HTTP/1.1\r\nHost: cds.test\r\nConnection: close\r\n"
        b"Content-Type: application/json\r\nContent-Length: " + str(len(body)).encode() + b"\r\n"
        b"Authorization: Bearer " + value + b"\r\n\r\n" + body
    )
    async with listening(door.app) as base:
        reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(base).port)
        writer.write(request)
        status = (await reader.read()).split(b" ")[1]
        writer.close()
    assert status in (b"400", b"401")
    assert door.keys.asked == []


async def test_tokens_elsewhere_are_not_looked_for(door: Door, caller: Caller) -> None:
    """In the query, the body, a cookie or another header, a token is no token."""
    token = caller.token()
    refused(await door.knock(path=f"{SERVICE}?access_token={token}"), "missing")
    refused(await door.knock({"Cookie": f"Authorization=Bearer {token}"}), "missing")
    refused(await door.knock({"Proxy-Authorization": f"Bearer {token}"}), "missing")
    refused(await door.knock({"X-Authorization": f"Bearer {token}"}), "missing")
    refused(await door.knock(authorization=f"Bearer {token}", access_token=token), "missing")


async def test_a_token_opens_once(any_door: Door, caller: Caller, clock: Clock) -> None:
    """The same token again is refused, at once and until it has expired."""
    bearer = caller.bearer()
    assert (await any_door.knock(bearer)).status_code == 200
    refused(await any_door.knock(bearer), "replay")
    clock.forward(329)
    refused(await any_door.knock(bearer), "replay")
    clock.forward(1)
    refused(await any_door.knock(bearer), "expired")


async def test_a_jti_opens_once(any_door: Door, caller: Caller) -> None:
    """Another token with a used jti is refused, whatever else it holds."""
    assert (await any_door.knock(caller.bearer(jti="the-one"))).status_code == 200
    refused(await any_door.knock(caller.bearer(jti="the-one", x=1)), "replay")


async def test_of_many_at_once_one_gets_in(any_door: Door, caller: Caller) -> None:
    """A token sent many times at the same moment opens once."""
    bearer = caller.bearer()
    answers = await asyncio.gather(*(any_door.knock(bearer) for _ in range(20)))
    assert sorted(a.status_code for a in answers) == [200, *[401] * 19]
    assert any_door.keys.asked == [JKU]


async def test_a_token_does_not_travel(tmp_path: Any, clock: Clock) -> None:
    """A token for discovery opens no service, by its aud, or by its jti where aud is typed in."""
    config = CONFIG.replace(f'jku = ["{JKU}"]', f'jku = ["{JKU}"]\naudience = ["typed"]')
    async with opened(tmp_path, clock, config) as door:
        bearer = Caller(clock, DISCOVERY).bearer()
        refused(await door.knock(bearer), "audience")
        bearer = Caller(clock).bearer(aud="typed")
        assert (await door.knock(bearer, DISCOVERY)).status_code == 200
        refused(await door.knock(bearer), "replay")
        refused(await door.knock(bearer, FEEDBACK), "replay")


async def test_a_refused_token_uses_nothing_up(any_door: Door, caller: Caller) -> None:
    """A forged token with somebody's jti does not keep the real one out."""
    head, payload, _ = (token := caller.token()).split(".")
    refused(
        await any_door.knock({"Authorization": f"Bearer {head}.{payload}.{'A' * 128}"}), "signature"
    )
    assert (await any_door.knock({"Authorization": f"Bearer {token}"})).status_code == 200


@pytest.mark.parametrize("path", [DISCOVERY, SERVICE, FEEDBACK, f"{SERVICE}/../chart-review"])
async def test_the_host_header_is_not_believed(door: Door, clock: Clock, path: str) -> None:
    """What aud must be comes from our settings, not from what the caller calls us."""
    bearer = Caller(clock, path).bearer(aud=f"https://evil.test{path}")
    for header in ("Host", "X-Forwarded-Host", "X-Original-URL", "X-Rewrite-URL"):
        answer = await door.knock({**bearer, header: "evil.test"}, path)
        refused(answer, "audience")


@pytest.mark.parametrize(
    ("tenant", "reason"),
    [("north", None), ("south", None), ("west", "tenant"), ("North", "tenant"), (None, "tenant")],
)
async def test_a_tenant_is_told_by_its_claim(
    door: Door, caller: Caller, tenant: str | None, reason: str | None
) -> None:
    """Tenants that share an issuer are told apart by their claim, and by nothing else."""
    door.keys.sets[SHARED] = key_set(public(ec()))
    claims = {"iss": "https://shared.test", "tenant": tenant}
    answer = await door.knock(caller.bearer({"jku": SHARED}, **claims))
    if reason:
        refused(answer, reason)
    else:
        assert answer.status_code == 412  # admitted; this tenant has no FHIR server


async def test_an_issuer_cannot_use_anothers_keys(door: Door, caller: Caller) -> None:
    """An issuer with the jku of another tenant is refused, though both are on lists."""
    door.keys.sets[SHARED] = key_set(public(ec()))
    refused(await door.knock(caller.bearer({"jku": SHARED})), "untrusted")
    claims = {"iss": "https://shared.test", "tenant": "north"}
    refused(await door.knock(caller.bearer(None, **claims)), "untrusted")
    assert door.keys.asked == []


async def test_a_foreign_fhir_server_is_not_read(door: Door, caller: Caller) -> None:
    """A good token does not make another FHIR server readable: its data is not obtained."""
    for server in (
        "https://evil.test/fhir",
        "http://169.254.169.254/",
        "https://ehr.test.evil/fhir",
    ):
        answer = await door.knock(caller.bearer(), fhirServer=server)
        assert answer.status_code == 412


async def test_any_number_of_bad_tokens_costs_one_fetch(door: Door, caller: Caller) -> None:
    """Made-up kids make the key set be read once, until the interval is over."""
    assert (await door.knock(caller.bearer())).status_code == 200
    for number in range(20):
        refused(await door.knock(caller.bearer({"kid": f"made-up-{number}"})), "unknown-key")
    assert door.keys.asked == [JKU]
    caller.clock.forward(31)
    for number in range(20):
        refused(await door.knock(caller.bearer({"kid": f"made-up-{number}"})), "unknown-key")
    assert door.keys.asked == [JKU, JKU]


async def test_a_redirect_is_not_followed(door: Door, caller: Caller) -> None:
    """A listed key server that sends us on is not followed, wherever to."""
    for target in ("https://evil.test/keys", "http://169.254.169.254/", f"{JKU}/2"):
        door.keys.sets[JKU] = RedirectResponse(target)
        door.keys.sets[target] = key_set(public(ec()))
        refused(await door.knock(caller.bearer()), "unknown-key")
        caller.clock.forward(31)
    assert door.keys.asked == [JKU] * 3
