"""The audit trail: a row for each call, whatever its answer, and no id that is not wanted."""

import json
import logging
from typing import Any

import httpx
import pytest

from service.store.keys import AuditKey
from service.store.tables import CALLS, METADATA
from tests.callers import CONFIG, ISSUER, Caller, Clock
from tests.door import AUDIT_KEY, Door, opened
from tests.ehr import PATIENT, RULES, draft, order_sign
from tests.service.store.kept import committed, rows

RULE = next(rule for rule in RULES if rule.id == "drug-allergy")

USER = "Practitioner/dr-who-called"
SERVICE = "/cds-services/order-safety"


async def knock(door: Door, clock: Clock, path: str = SERVICE, **changes: Any) -> int:
    """Call as `mercy`, and have it committed; the answer's status."""
    context = {"userId": USER, "patientId": PATIENT}
    sent = order_sign(draft(), context=context, **changes)
    answer = await door.client.post(path, json=sent, headers=Caller(clock, path).bearer())
    await committed(door)
    status: int = answer.status_code
    return status


async def test_a_call_is_one_row(door: Door, clock: Clock, database: str) -> None:
    """Who called, what ran on which data, which cards were shown, and how long it took."""
    assert await knock(door, clock, hookInstance="visit-7") == 200
    (row,) = rows(database, CALLS)
    assert (row["tenant"], row["issuer"]) == ("mercy", ISSUER)
    assert (row["service"], row["hook"]) == ("order-safety", "order-sign")
    assert (row["hook_instance"], row["status"], row["at"]) == ("visit-7", 200, clock())
    assert row["microseconds"] > 0
    (rule,) = json.loads(row["rules"])
    text = {"id": RULE.id, "version": RULE.version, "digest": RULE.digest}
    assert rule == {**text, "status": "active", "end": "ran"}
    assert json.loads(row["data"]) == [{"key": "allergies", "state": "fetched"}]


async def test_missing_data_is_kept_with_its_reason(
    door: Door, clock: Clock, database: str
) -> None:
    """What could not be obtained is in the row of the call that was refused for it."""
    assert await knock(door, clock, fhirServer="https://elsewhere.test/fhir") == 412
    (row,) = rows(database, CALLS)
    assert json.loads(row["data"]) == [
        {"key": "allergies", "state": "not-obtained", "reason": "fhir-server-not-allowed"}
    ]
    assert json.loads(row["cards"]) == []


async def test_cards_are_kept_with_their_rules(door: Door, clock: Clock, database: str) -> None:
    """Each card that was made: its uuid, rule and version, indicator, and that it was shown."""
    answer = await door.knock(Caller(clock).bearer())
    await committed(door)
    (row,) = rows(database, CALLS)
    (card,) = answer.json()["cards"]
    assert json.loads(row["cards"]) == [
        {
            "uuid": card["uuid"],
            "rule": "drug-allergy",
            "version": RULE.version,
            "indicator": "critical",
            "shown": True,
        }
    ]


async def test_cards_in_shadow_are_kept_as_not_shown(
    tmp_path: Any, clock: Clock, database: str
) -> None:
    """What a rule in shadow would have said can be counted before anybody is shown it."""
    config = CONFIG + '\n[tenants.mercy.rules]\ndrug-allergy = "shadow"\n'
    async with opened(tmp_path, clock, config, database=database) as door:
        await door.knock(Caller(clock).bearer())
    (row,) = rows(database, CALLS)
    (card,) = json.loads(row["cards"])
    assert (card["rule"], card["shown"]) == ("drug-allergy", False)
    assert json.loads(row["rules"])[0]["status"] == "shadow"


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ((SERVICE, {"fhirServer": None, "prefetch": {}}), (412, ["blocked"])),
        ((SERVICE, {"hook": "patient-view"}), (400, [])),
        (("/cds-services/none-such", {}), (404, [])),
        ((SERVICE, {"hook": None}), (400, [])),
        ((SERVICE, {"hookInstance": "x" * 5000}), (200, ["ran"])),
        ((SERVICE, {"hookInstance": "\x00"}), (200, ["ran"])),
    ],
)
async def test_refusals_are_kept_too(
    door: Door, clock: Clock, database: str, sent: Any, expected: Any
) -> None:
    """A call that was admitted has its row, with what could be read of it; long texts are cut."""
    (path, changes), (status, ends) = sent, expected
    answer = await door.client.post(
        path, json=order_sign(draft(), **changes), headers=Caller(clock, path).bearer()
    )
    assert answer.status_code == status
    await committed(door)
    (row,) = rows(database, CALLS)
    assert (row["status"], row["tenant"]) == (status, "mercy")
    assert [rule["end"] for rule in json.loads(row["rules"])] == ends
    assert len(row["hook_instance"] or "") <= 255


async def test_strangers_leave_no_row(door: Door, clock: Clock, database: str) -> None:
    """Calls that are not admitted are counted and logged; they cannot fill the trail."""
    await door.knock()
    await door.knock(Caller(clock).bearer(iss="https://nobody.test"))
    await committed(door)
    assert rows(database, CALLS) == []


async def test_nobody_is_named(
    door: Door, clock: Clock, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Patient and user are keyed hashes; their ids are nowhere in the database, nor in the log."""
    caplog.set_level(logging.DEBUG)
    await knock(door, clock)
    await knock(door, clock, fhirServer=None)
    everything = repr([rows(database, table) for table in METADATA.sorted_tables])
    for secret in (f"'{PATIENT}'", "dr-who-called", AUDIT_KEY):
        assert secret not in everything
        assert secret not in caplog.text
    row = rows(database, CALLS)[0]
    assert row["ids"] == "hashed"
    assert row["patient_id"] == AuditKey(AUDIT_KEY).hashed("mercy", "patient", PATIENT)
    assert row["user_id"] == AuditKey(AUDIT_KEY).hashed("mercy", "user", USER)


async def test_a_tenant_may_want_ids(tmp_path: Any, clock: Clock, database: str) -> None:
    """`audit_ids` has patients and users of that tenant named, and those of no other."""
    config = CONFIG.replace("[tenants.mercy]\n", "[tenants.mercy]\naudit_ids = true\n")
    async with opened(tmp_path, clock, config, database=database) as door:
        await knock(door, clock)
    (row,) = rows(database, CALLS)
    assert (row["ids"], row["patient_id"], row["user_id"]) == ("clear", PATIENT, USER)


def test_hashes_differ_by_key_tenant_and_kind() -> None:
    """The same id at another tenant, or as another kind, or by another key is another hash."""
    key, other = AuditKey("k" * 32), AuditKey("l" * 32)
    found = {
        key.hashed("mercy", "patient", "1"),
        key.hashed("north", "patient", "1"),
        key.hashed("mercy", "user", "1"),
        other.hashed("mercy", "patient", "1"),
    }
    assert len(found) == 4
    assert key.hashed("mercy", "patient", "1") in found


async def test_it_can_be_waited_for(tmp_path: Any, clock: Clock, database: str) -> None:
    """With CARDWISE_AUDIT_WAIT a call's row is there when its answer is."""
    async with opened(tmp_path, clock, database=database, audit_wait=True) as door:
        await door.knock(Caller(clock).bearer())
        assert len(rows(database, CALLS)) == 1


async def test_a_request_id_is_kept(tmp_path: Any, clock: Clock, database: str) -> None:
    """An id that something in front has put into the request's state is in the row."""
    async with opened(tmp_path, clock, database=database) as door:
        inner = door.app

        async def tagged(scope: Any, receive: Any, send: Any) -> None:
            scope["state"] = {"request_id": "req-42"}
            await inner(scope, receive, send)

        transport = httpx.ASGITransport(tagged)
        async with httpx.AsyncClient(transport=transport, base_url="https://cds.test") as client:
            await client.post(SERVICE, json=order_sign(draft()), headers=Caller(clock).bearer())
    assert [row["request_id"] for row in rows(database, CALLS)] == ["req-42"]
