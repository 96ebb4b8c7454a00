"""Whose calls are admitted: tokens as the vendors make them, and as the standard allows them."""

import logging
from pathlib import Path
from typing import Any

import pytest

from tests.callers import (
    CONFIG,
    DISCOVERY,
    FEEDBACK,
    ISSUER,
    JKU,
    KID,
    PUBLIC,
    SERVICE,
    Caller,
    Clock,
    ec,
    key_set,
    public,
    rsa,
    sign,
)
from tests.door import Door, opened


@pytest.mark.parametrize("path", [DISCOVERY, SERVICE])
async def test_a_good_token_opens(door: Door, clock: Clock, path: str) -> None:
    """A token for the address called is answered, discovery and service alike."""
    answer = await door.knock(Caller(clock, path).bearer(), path)
    assert answer.status_code == 200
    assert door.keys.asked == [JKU]
    if path == SERVICE:
        assert [card["indicator"] for card in answer.json()["cards"]] == ["critical"]


async def test_feedback_is_admitted_and_checked(door: Door, clock: Clock) -> None:
    """A token for the feedback address gets through to what feedback is checked for."""
    answer = await door.client.post(FEEDBACK, json={}, headers=Caller(clock, FEEDBACK).bearer())
    assert answer.status_code == 400


@pytest.mark.parametrize("path", [DISCOVERY, SERVICE, FEEDBACK, "/cds-services/none-such"])
async def test_without_a_token_nothing_opens(door: Door, path: str) -> None:
    """Every CDS Hooks address asks for a token before it says anything else."""
    answer = await door.knock(path=path)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    (issue,) = answer.json()["issue"]
    assert (issue["code"], issue["expression"]) == ("login", ["http.Authorization"])
    assert await door.refusals() == {"missing": 1}


async def test_a_refusal_says_what_was_expected(door: Door, caller: Caller) -> None:
    """An honest caller reads in the answer what its aud should have been."""
    answer = await door.knock(caller.bearer(aud="https://cds.example/elsewhere"))
    assert answer.status_code == 401
    told = answer.headers["www-authenticate"]
    assert told == 'Bearer error="invalid_token", error_description="audience"'
    (issue,) = answer.json()["issue"]
    assert issue["code"] == "security"
    assert f"{PUBLIC}{SERVICE}" in issue["details"]["text"]
    assert "elsewhere" not in answer.text


GOOD: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("aud an array", {}, {"aud": [f"{PUBLIC}{SERVICE}"]}),
    ("jti no uuid, as Inferno's", {}, {"jti": "0123456789abcdef" * 4}),
    ("nbf in the past, as Epic's", {}, {"nbf": 1}),
    ("times with a fraction", {}, {"iat": 1795253399.5, "exp": 1795253600.25}),
    ("sub and tenant nobody asked for", {}, {"sub": "client-1", "tenant": "whatever"}),
    ("claims we do not know", {}, {"azp": {"x": [1]}, "name": "\ud83d\ude00"}),
    ("typ in lower case", {"typ": "jwt"}, {}),
    ("typ as a media type", {"typ": "application/JWT"}, {}),
    ("a header we do not know", {"x5t": "abc", "vendor": 1}, {}),
    ("a key that is not looked at", {"jwk": {"kty": "EC"}, "x5u": "https://evil.test/"}, {}),
    ("slightly fast clock", {}, {"iat": 1795253400 + 25}),
]


@pytest.mark.parametrize(("header", "claims"), [g[1:] for g in GOOD], ids=[g[0] for g in GOOD])
async def test_what_is_odd_and_honest_is_taken(
    door: Door, caller: Caller, header: dict[str, Any], claims: dict[str, Any]
) -> None:
    """What the standard allows, or vendors do, is no reason to refuse."""
    assert caller.clock.seconds == 1795253400
    answer = await door.knock(caller.bearer(header, **claims))
    assert answer.status_code == 200, answer.text
    assert door.keys.asked == [JKU]


async def test_epics_token(tmp_path: Path, clock: Clock) -> None:
    """EPIC-01: RS384, a kid in base64, its kind of jku, nbf before iat, 15 minutes, a sub."""
    jku = "https://hospital.test/interconnect/api/epic/2019/Security/Open/PublicKeys/530013/530013"
    kid = "hFvh3Gy0Qq0pF+J5nXk/8A=="
    config = f"""
    [tenants.hospital]
    preset = "epic"
    [tenants.hospital.trust]
    issuers = ["https://hospital.test/api/FHIR/R4"]
    jku = ["{jku}"]
    subjects = ["client-id"]
    audience = ["typed by hand"]
    """
    now = clock.seconds
    claims = {
        "aud": "typed by hand",
        "iss": "https://hospital.test/api/FHIR/R4",
        "sub": "client-id",
        "jti": "5bc13a17-0fa5-43bf-a3d0-6ee0f0f5a4f3",
        "nbf": now - 300,
        "iat": now,
        "exp": now + 900,
    }
    token = sign({"alg": "RS384", "typ": "JWT", "kid": kid, "jku": jku}, claims, rsa(), "RS384")
    async with opened(tmp_path, clock, config) as door:
        door.keys.sets[jku] = key_set(public(rsa(), kid))
        answer = await door.knock({"Authorization": f"Bearer {token}"}, fhirServer=None)
        assert answer.status_code == 200  # admitted; its FHIR server is not configured
        assert "Not checked" in answer.text
        assert door.keys.asked == [jku]


async def test_the_sandboxs_discovery(tmp_path: Path, clock: Clock) -> None:
    """SBX-02: in development the sandbox's preset needs nothing else; its key is our own here."""
    jku = "https://sandbox.cds-hooks.org/.well-known/jwks.json"
    caller = Caller(clock, DISCOVERY)
    issuer = {"iss": "https://sandbox.cds-hooks.org"}
    async with opened(tmp_path, clock, '[tenants.sandbox]\npreset = "sandbox"') as door:
        door.keys.sets[jku] = key_set(public(ec()))
        answer = await door.knock(caller.bearer({"jku": jku}, **issuer), DISCOVERY)
        assert answer.status_code == 200
        assert answer.json()["services"]


async def test_a_token_without_jku_uses_the_configured_one(door: Door, caller: Caller) -> None:
    """`jku` is optional: what the operator wrote down is where the keys are."""
    token = sign(caller.header(jku=None), caller.claims())
    answer = await door.knock({"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    assert door.keys.asked == [JKU]


@pytest.mark.parametrize("alg", ["ES256", "ES384", "ES512", "RS256", "PS384", "PS512"])
async def test_algorithms_a_site_may_choose(tmp_path: Path, clock: Clock, alg: str) -> None:
    """A site may agree on any asymmetric algorithm, and its key must be of the right kind."""
    curves = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
    key = ec(curves[alg]) if alg in curves else rsa()
    config = CONFIG.replace(f'jku = ["{JKU}"]', f'jku = ["{JKU}"]\nalgorithms = ["{alg}"]')
    caller = Caller(clock)
    async with opened(tmp_path, clock, config) as door:
        door.keys.sets[JKU] = key_set(public(ec("P-521", "another")), public(key, alg=alg))
        token = sign(caller.header(alg=alg), caller.claims(), key, alg)
        answer = await door.knock({"Authorization": f"bearer  {token}"})
        assert answer.status_code == 200, answer.text


async def test_a_missing_typ_may_be_configured(tmp_path: Path, clock: Clock) -> None:
    """`typ` is required, unless a site's caller is known to leave it out."""
    caller = Caller(clock)
    for optional, status in (("false", 401), ("true", 200)):
        config = CONFIG.replace(f'jku = ["{JKU}"]', f'jku = ["{JKU}"]\ntyp_optional = {optional}')
        async with opened(tmp_path, clock, config) as door:
            token = sign(caller.header(typ=None), caller.claims())
            answer = await door.knock({"Authorization": f"Bearer {token}"})
            assert answer.status_code == status


async def test_other_addresses_of_a_proxy(tmp_path: Path, clock: Clock) -> None:
    """A site that calls by a proxy's URL names that in aud, with the path of the call."""
    config = CONFIG.replace(
        f'jku = ["{JKU}"]', f'jku = ["{JKU}"]\nbase_urls = ["https://proxy.test/cds/"]'
    )
    async with opened(tmp_path, clock, config) as door:
        for aud, status in (
            (f"https://proxy.test/cds{SERVICE}", 200),
            (f"https://proxy.test{SERVICE}", 401),
            (f"{PUBLIC}{SERVICE}", 200),
        ):
            answer = await door.knock(Caller(clock).bearer(aud=aud))
            assert answer.status_code == status


async def test_discovery_may_be_opened(tmp_path: Path, clock: Clock) -> None:
    """With the setting, discovery needs no token; one that comes must still be good."""
    async with opened(tmp_path, clock, open_discovery=True) as door:
        assert (await door.knock(path=DISCOVERY)).status_code == 200
        assert (await door.knock({"Authorization": "Bearer x.y.z"}, DISCOVERY)).status_code == 401
        assert (await door.knock()).status_code == 401


async def test_without_tenants_no_token_is_read(tmp_path: Path, clock: Clock) -> None:
    """Development without tenants takes every call, whatever it carries."""
    async with opened(tmp_path, clock, config=CONFIG) as door:
        door.app.state.cardwise.gate.sites = None
        answer = await door.knock({"Authorization": "Basic eDp5"}, fhirServer=None)
        assert answer.status_code == 412


async def test_preflight_needs_no_token(door: Door) -> None:
    """SBX-01: browsers ask before they send a token, and can read a refusal."""
    origin = {"Origin": "https://sandbox.cds-hooks.org"}
    asking = {"Access-Control-Request-Method": "POST"}
    for path in (DISCOVERY, SERVICE, FEEDBACK):
        assert (await door.client.options(path, headers=origin | asking)).status_code == 200
    answer = await door.knock(origin)
    assert answer.status_code == 401
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_a_refusal_is_one_line_in_the_log(
    door: Door, caller: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    """The log has the kind of call and the reason, and nothing of the token."""
    with caplog.at_level(logging.INFO):
        await door.knock(caller.bearer(iss="https://stranger.test"))
    lines = [record.getMessage() for record in caplog.records if record.name == "cardwise.auth"]
    assert lines == ["refused a call (invoke): untrusted"]
    assert not any(word in caplog.text for word in ("stranger", KID, ISSUER))
