"""Writing orders: all or nothing, each once, in no case over somebody else's change."""

import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from service.demo import orders, writeback
from service.demo.fhir import Fhir
from tests.demo.conftest import Visit
from tests.demo.site import Json, Site

AMOXICILLIN, LISINOPRIL = "308191", "314076"
ANA = "penicillin-anaphylaxis"


def test_the_same_order_sent_twice_is_drafted_once(visit: Visit) -> None:
    """A repeated click: the second is told that it is done."""
    hand = visit(ANA)
    key = hand.key
    for _ in range(2):
        hand.act("draft", key=key, code=LISINOPRIL)
    assert len(hand.drafts()) == 1
    assert "Drafted already" in hand.notices


def test_the_same_order_sent_at_once_is_drafted_once(visit: Visit) -> None:
    """Ten clicks in the same moment, as a script or a nervous hand makes them."""
    hand = visit(ANA)
    key = hand.key
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: hand.act("draft", key=key, code=LISINOPRIL), range(10)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(hand.drafts()) == 1


def test_signing_at_once_signs_once(site: Site, visit: Visit) -> None:
    """Several signatures in the same moment: one version, and everybody is answered."""
    hand = visit("no-known-allergies")
    hand.order(LISINOPRIL)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: hand.act("sign"), range(6)))
    assert {answer.status_code for answer in answers} == {200}
    (order,) = site.orders("no-known-allergies")
    assert (order["status"], order["meta"]["versionId"]) == ("active", "2")


def test_a_dropped_connection_and_another_try(site: Site, visit: Visit) -> None:
    """The browser goes away before the answer, comes back and sends the same: one order."""
    hand = visit(ANA)
    key, cookie = hand.key, "; ".join(f"{k}={v}" for k, v in hand.client.cookies.items())
    body = urlencode({"key": key, "code": LISINOPRIL})
    url = httpx.URL(site.url)
    with socket.create_connection((url.host, url.port)) as connection:
        connection.sendall(
            f"POST /demo/patients/{ANA}/draft HTTP/1.1\r\nHost: {url.netloc.decode()}\r\n"
            f"Origin: {site.url}\r\nCookie: {cookie}\r\nContent-Length: {len(body)}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}".encode()
        )
    hand.act("draft", key=key, code=LISINOPRIL)
    assert len(hand.drafts()) == 1


def test_accepting_at_once_is_done_and_told_once(site: Site, visit: Visit) -> None:
    """A repeated acceptance changes nothing, and the service hears of it once."""
    hand = visit(ANA)
    hand.order(AMOXICILLIN)
    card = hand.card
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(lambda _: hand.act(f"accept/{card}", pick="0"), range(5)))
    assert hand.drafts() == []
    assert [piece["outcome"] for piece in site.feedback()] == ["accepted"]


def test_a_suggestion_for_an_order_that_changed_since_is_a_conflict(
    site: Site, visit: Visit
) -> None:
    """The card was about another version of the draft: nothing is removed, and the page says so."""
    hand = visit(ANA)
    hand.order(AMOXICILLIN)
    (draft,) = hand.drafts()
    changed = draft | {"dosageInstruction": [{"text": "by another"}]}
    site.fhir.put(f"/MedicationRequest/{draft['id']}", json=changed).raise_for_status()
    hand.act(f"accept/{hand.card}", pick="0")
    assert "Somebody else has changed it" in hand.notices
    assert len(hand.drafts()) == 1
    assert site.feedback() == []


def test_two_sessions_do_not_sign_each_others_drafts(visit: Visit) -> None:
    """A draft of another browser is listed as such, and stays a draft."""
    mine, theirs = visit(ANA), visit(ANA)
    theirs.order(LISINOPRIL)
    mine.act("sign")
    assert "nothing to sign" in mine.notices
    assert "of another session" in mine.page
    assert len(mine.drafts()) == 1


@pytest.fixture
async def fhir(site: Site) -> Any:
    """The demo EHR's way to its FHIR server."""
    async with httpx.AsyncClient() as http:
        yield Fhir(http, f"{site.url}/demo/fhir", "demo")


async def test_a_transaction_sent_again_is_done_already(fhir: Fhir, site: Site) -> None:
    """Create, update and delete in one, sent twice: the same state, and "written" both times."""
    coded = orders.coded(LISINOPRIL, "lisinopril 10 MG Oral Tablet")
    keys = [f"00000000-0000-4000-8000-00000000000{n}" for n in range(3)]
    first = [orders.draft(ANA, "s", key, coded) for key in keys]
    await writeback.write(fhir, [writeback.create(first[0]), writeback.create(first[1])])
    one, two = (orders.shown(r) for r in site.orders(ANA, "draft"))
    changes = [
        writeback.create(first[2]),
        writeback.update(one, orders.edited(one.resource, "at night", "")),
        writeback.delete(two),
    ]
    written = [await writeback.write(fhir, changes) for _ in range(2)]
    assert [each.outcome for each in written] == ["written", "written"]
    assert [orders.shown(r).directions for r in site.orders(ANA, "draft")] == ["at night", ""]


async def test_all_or_nothing(fhir: Fhir, site: Site) -> None:
    """One change that conflicts holds back the others."""
    coded = {"text": "something"}
    draft = orders.draft(ANA, "s", "00000000-0000-4000-8000-000000000009", coded)
    (lisinopril,) = (orders.shown(r) for r in site.orders(ANA))
    stale = writeback.Change("update", lisinopril.reference, "99", lisinopril.resource)
    stopped = writeback.Change("update", stale.reference, "99", orders.stopped(lisinopril.resource))
    written = await writeback.write(fhir, [writeback.create(draft), stopped])
    assert written.outcome == "conflict"
    assert [r["status"] for r in site.orders(ANA)] == ["active"]


def suggestion(kind: str, **members: Any) -> Json:
    """A suggestion of one action."""
    action = {"type": kind, "description": "do it", **members}
    return {"label": "Do it", "uuid": "u", "actions": [action]}


def medication(**changes: Any) -> Json:
    """An order as a service may suggest it."""
    order = {
        "resourceType": "MedicationRequest",
        "subject": {"reference": f"Patient/{ANA}"},
        "medicationCodeableConcept": {"text": "clindamycin"},
    }
    return order | changes


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        (suggestion("delete", resourceId="Patient/1"), "not on this chart"),
        (suggestion("delete"), "not on this chart"),
        (suggestion("create"), "something else"),
        (suggestion("create", resource={"resourceType": "Patient"}), "something else"),
        (suggestion("create", resource=medication(subject={"reference": "Patient/2"})), "another"),
        (suggestion("update", resource=medication(id="unknown")), "not on this chart"),
        (suggestion("upsert", resource=medication(id="known")), "not on this chart"),
    ],
)
def test_what_this_ehr_does_not_carry_out(asked: Json, problem: str) -> None:
    """Other patients' orders, other resources and unknown orders are left alone, with a reason."""
    known = orders.shown(medication(id="known", meta={"versionId": "3"}))
    plan = writeback.plan([asked], {known.reference: known}, ANA, "s")
    assert plan.changes == ()
    assert problem in plan.problem


def test_actions_become_one_transaction() -> None:
    """Several chosen suggestions: deletes, creates and updates together, the same one once."""
    known = orders.shown(medication(id="known", meta={"versionId": "3"}))
    chosen = [
        suggestion("delete", resourceId=known.reference),
        suggestion("delete", resource=known.reference),  # deprecated, and still sent
        suggestion("create", resource=medication(id="x", meta={"versionId": "1"}, status="active")),
    ]
    plan = writeback.plan(chosen, {known.reference: known}, ANA, "s")
    remove, create = plan.changes
    assert (remove.kind, remove.version) == ("delete", "3")
    assert create.resource is not None
    assert "id" not in create.resource
    assert create.resource["status"] == "draft"
    assert writeback.plan(chosen, {known.reference: known}, ANA, "s") == plan
