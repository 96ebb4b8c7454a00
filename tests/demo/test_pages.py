"""The demo's addresses: only in development, only from their own page, with a strict policy."""

from pathlib import Path

import httpx
import pytest

from service.demo.desk import Sessions
from tests.callers import CONFIG, Clock
from tests.demo.conftest import Visit
from tests.demo.site import Site, served
from tests.door import opened
from tests.ehr import EHR

CHART = "/demo/patients/child"
ADDRESSES = [
    "/demo",
    "/demo/",
    CHART,
    "/demo/drugs?q=a",
    "/demo/static/demo.css",
    "/demo/fhir/Patient",
]


async def test_production_has_no_demo(tmp_path: Path) -> None:
    """None of its addresses is there, by any method."""
    async with opened(tmp_path, Clock(), mode="production") as door:
        for address in [*ADDRESSES, "/demo/slow/fhir/Patient", "/demo/lost/fhir/Patient"]:
            assert (await door.client.get(address)).status_code == 404
            assert (await door.client.post(address)).status_code == 404
        assert "/demo" not in (await door.client.get("/")).text


def test_tenants_have_no_pages(tmp_path: Path) -> None:
    """Where calls need a token, the FHIR server is there and the pages are not."""
    (tmp_path / "sites.toml").write_text(CONFIG)
    with served(tmp_path, config=tmp_path / "sites.toml") as site:
        assert httpx.get(f"{site.url}/demo/").status_code == 404
        assert site.fhir.get("/metadata").status_code == 200
        assert "/demo" not in httpx.get(site.url).text


async def test_the_front_page_leads_to_it(ehr: EHR) -> None:
    """In development it is the first thing to open."""
    assert '<a href="/demo/">' in (await ehr.client.get("/")).text


@pytest.mark.parametrize("address", ["/demo/", CHART, "/demo/patients/nobody", "/demo/drugs?q=a"])
def test_pages_have_a_strict_policy(site: Site, address: str) -> None:
    """Nothing from elsewhere, nothing inline, not in a frame, and not kept."""
    answer = httpx.get(site.url + address)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert "style=" not in answer.text
    assert "<style" not in answer.text
    assert answer.text.count("<script") == answer.text.count('<script type="module" src="/demo/')


def test_the_cookie_stays_here(site: Site) -> None:
    """HttpOnly, SameSite=Strict, for the demo's addresses alone."""
    cookie = httpx.get(site.url + CHART).headers["set-cookie"].lower()
    assert all(word in cookie for word in ("httponly", "samesite=strict", "path=/demo"))


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.test"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {},
    ],
)
def test_no_other_page_can_act(visit: Visit, headers: dict[str, str]) -> None:
    """A form from elsewhere is refused, with a cookie or without."""
    hand = visit("child")
    del hand.client.headers["Origin"]
    answer = hand.client.post(f"{CHART}/draft", data={"key": "k", "words": "x"}, headers=headers)
    assert answer.status_code == 403
    assert hand.drafts() == []


@pytest.mark.parametrize(
    ("address", "status"),
    [
        (f"{CHART}/nonsense", 404),
        ("/demo/patients/nobody/open", 404),
        ("/demo/patients/..%3Fx/open", 404),
        ("/demo/patients/.../open", 404),
        (f"{CHART}/edit/nothing", 200),
        (f"{CHART}/remove/nothing", 200),
        (f"{CHART}/stop/nothing", 200),
        (f"{CHART}/accept/nothing", 200),
        (f"{CHART}/dismiss/nothing", 200),
        (f"{CHART}/sign", 200),
        (f"{CHART}/draft", 200),
        (f"{CHART}/switch", 200),
    ],
)
def test_odd_acts_break_nothing(visit: Visit, address: str, status: int) -> None:
    """Empty forms and unknown things are told of on the page, or are a 404."""
    hand = visit("child")
    odd = {
        "pick": "99999",
        "reason": "-1",
        "version": '"',
        "server": "x",
        "prefetch": "",
        "code": "0",
    }
    for fields in ({}, odd):
        answer = hand.client.post(address, data=fields, headers={"X-Part": "desk"})
        assert answer.status_code == status
    assert hand.drafts() == []


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"x" * 70_000, "application/x-www-form-urlencoded", 413),
        (b"{}", "application/json", 415),
        (b"\xff=1", "application/x-www-form-urlencoded", 400),
        (b"&".join([b"a=1"] * 200), "application/x-www-form-urlencoded", 400),
    ],
)
def test_forms_are_bounded(visit: Visit, content: bytes, kind: str, status: int) -> None:
    """Large, many-fielded, unreadable or no forms are refused."""
    hand = visit("child")
    headers = {"Content-Type": kind}
    assert (
        hand.client.post(f"{CHART}/draft", content=content, headers=headers).status_code == status
    )


def test_a_form_without_script_leads_back_to_the_chart(visit: Visit) -> None:
    """Its answer is a redirect, so that loading the page again sends nothing again."""
    hand = visit("child")
    answer = hand.client.post(f"{CHART}/open", data={})
    assert (answer.status_code, answer.headers["location"]) == (303, CHART)


def test_sessions_and_desks_are_bounded() -> None:
    """The ones unused for longest give way."""
    sessions = Sessions()
    made = [sessions.new() for _ in range(70)]
    assert sessions.get(made[0].id) is None
    assert sessions.get(made[-1].id) is made[-1]
    first = made[-1].desk("p0")
    for number in range(1, 9):
        made[-1].desk(f"p{number}")
    assert made[-1].desk("p0") is not first


def test_drafts_are_bounded(visit: Visit) -> None:
    """A chart takes twenty drafts of a session, and says so at the next."""
    hand = visit("no-known-allergies")
    for _ in range(21):
        hand.order("314076")
    assert "too many orders" in hand.notices
    assert len(hand.drafts()) == 20


def test_a_chart_of_ones_own_is_listed(site: Site, visit: Visit) -> None:
    """What is posted to the FHIR server as a transaction is a patient like the others."""
    patient = {"resourceType": "Patient", "id": "own-1", "name": [{"text": "Own, Chart"}]}
    entry = {"resource": patient, "request": {"method": "PUT", "url": "Patient/own-1"}}
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    site.fhir.post("/", json=bundle).raise_for_status()
    assert 'href="/demo/patients/own-1"' in httpx.get(f"{site.url}/demo/").text
    hand = visit("own-1")
    assert "Own, Chart" in hand.page
    assert "Put this chart back" not in hand.page
    hand.act("reset")
    assert site.fhir.get("/Patient/own-1").status_code == 200
