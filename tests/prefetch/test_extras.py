"""What every read carries: parameters where they are lacking, headers that never print."""

import asyncio
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefetch.client import Access, FhirClient
from prefetch.extras import NO_EXTRAS, Extras
from prefetch.origins import AllowedServers
from tests.ehr import PATIENT, TOKEN, allergy
from tests.ehr_double import EhrDouble
from tests.prefetch.servers import listening
from tests.strategies import quick

BASE = "https://ehr.test/r4"
PRACTICE = Extras(query=(("ah-practice", "Organization/a-1.Practice-1"),))
HERE = "ah-practice=Organization/a-1.Practice-1"
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,8}", fullmatch=True)
VALUES = st.from_regex(r"[!-~](?:[ -~]{0,12}[!-~])?", fullmatch=True)
PAIRS = st.dictionaries(NAMES, VALUES, max_size=4)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (f"{BASE}/Patient/1", f"{BASE}/Patient/1?{HERE}"),
        (f"{BASE}/A?patient=1", f"{BASE}/A?patient=1&{HERE}"),
        (f"{BASE}/A?cursor=x%2Fy", f"{BASE}/A?cursor=x%2Fy&{HERE}"),
        (f"{BASE}/A?cursor=x#there", f"{BASE}/A?cursor=x&{HERE}"),
        (f"{BASE}/A?{HERE}&cursor=x", f"{BASE}/A?{HERE}&cursor=x"),
        (f"{BASE}/A?ah-practice=another", f"{BASE}/A?ah-practice=another"),
        (f"{BASE}/A?ah-practice=", f"{BASE}/A?ah-practice="),
    ],
)
def test_what_a_url_lacks_is_added(url: str, expected: str) -> None:
    """Reads, searches and next links get the parameter; a link that has it is not touched."""
    assert PRACTICE.on(url) == expected
    assert NO_EXTRAS.on(url) == url


@quick
@given(PAIRS, PAIRS)
def test_parameters_arrive_as_they_were_written(own: dict[str, str], sent: dict[str, str]) -> None:
    """Whatever their characters, each is there once, and adding them again changes nothing."""
    extras = Extras(query=tuple(own.items()))
    url = Extras(query=tuple(sent.items())).on(f"{BASE}/Condition")
    found = extras.on(url)
    assert dict(parse_qsl(urlsplit(found).query, keep_blank_values=True)) == own | sent
    assert extras.on(found) == found
    assert found.startswith(url)


def test_a_gateways_key_never_prints() -> None:
    """Neither what is sent nor who may be read shows the value of a header in a log."""
    extras = Extras(headers=(("x-api-key", "sekret"),))
    access = Access(BASE, "token", 1.0, extras=extras)
    servers = AllowedServers(frozenset({BASE}), extras=((BASE, extras),))
    assert access.headers == {"x-api-key": "sekret", "Authorization": "Bearer token"}
    assert "sekret" not in f"{extras} {access} {servers}"


@pytest.mark.parametrize("spelling", [BASE, f"{BASE}/", "https://ehr.test:443/r4"])
def test_extras_belong_to_one_base(spelling: str) -> None:
    """They are found for each spelling of their base, and for no other base of the same host."""
    servers = AllowedServers(frozenset({BASE}), extras=((BASE, PRACTICE),))
    assert servers.extras_of(spelling) is PRACTICE
    assert servers.extras_of("https://ehr.test/other") is NO_EXTRAS
    assert servers.extras_of("https://else.test/r4") is NO_EXTRAS


async def test_an_answer_is_shared_under_the_same_extras_only() -> None:
    """What was read with one header is not the answer to who would send another."""
    double = EhrDouble()
    double.load(allergy())
    async with listening(double) as base:
        client = FhirClient(cache_seconds=60)
        for practice in ("one", "one", "two"):
            extras = Extras(headers=(("x-practice", practice),))
            access = Access(base, TOKEN, asyncio.get_running_loop().time() + 5, extras=extras)
            answer = await client.query(access, f"AllergyIntolerance?patient={PATIENT}")
            assert answer.reason is None
        await client.aclose()
    assert [asked.headers["x-practice"] for asked in double.asked] == ["one", "two"]
