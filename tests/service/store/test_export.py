"""The audit trail as FHIR: every line is a valid R4 AuditEvent, and names nobody by accident."""

import asyncio
import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.auditevent import AuditEvent

from hooks.errors import ConfigurationError
from service.store.audit_event import HASHED
from service.store.export import export, moment
from service.store.keys import AuditKey
from tests.callers import CONFIG, ISSUER, Caller, Clock
from tests.door import AUDIT_KEY, Door, opened
from tests.ehr import PATIENT, RULES, draft, order_sign
from tests.service.store.kept import committed

RULE = next(rule for rule in RULES if rule.id == "drug-allergy")

ROOT = Path(__file__).parents[3]
SERVICE = "/cds-services/order-safety"


def events(database: str, **asked: Any) -> list[Any]:
    """What is exported, each line read and checked as R4."""
    lines = list(export(database, **asked))
    assert all(line.endswith(b"\n") and line.count(b"\n") == 1 for line in lines)
    for line in lines:
        AuditEvent.model_validate_json(line)
    return [json.loads(line) for line in lines]


def command(database: str, name: str, *arguments: str) -> bytes:
    """What a command of the store writes."""
    environment = os.environ | {"CARDWISE_DATABASE": database, "CARDWISE_AUDIT_KEY": AUDIT_KEY}
    line = [sys.executable, "-m", f"service.store.{name}", *arguments]
    return subprocess.run(  # noqa: S603 - our own modules
        line, cwd=ROOT, env=environment, capture_output=True, check=True
    ).stdout


async def test_a_call_is_an_audit_event(door: Door, clock: Clock, database: str) -> None:
    """Who, when, what and with what result, in the elements that R4 has for it."""
    answer = await door.knock(Caller(clock).bearer(), hookInstance="visit-7")
    await committed(door)
    (event,) = events(database)
    assert event["type"]["code"] == "rest"
    assert (event["action"], event["outcome"]) == ("E", "0")
    assert event["recorded"] == clock().isoformat()
    assert event["source"]["site"] == "mercy"
    user, caller = event["agent"]
    assert (user["requestor"], caller["requestor"]) == (True, False)
    assert caller["who"]["identifier"]["value"] == ISSUER
    patient, call = event["entity"]
    hashed = AuditKey(AUDIT_KEY).hashed("mercy", "patient", PATIENT)
    assert patient["what"] == {"identifier": {"system": HASHED, "value": hashed}}
    assert call["what"]["identifier"]["value"] == "visit-7"
    details = [(detail["type"], detail["valueString"]) for detail in call["detail"]]
    card = answer.json()["cards"][0]["uuid"]
    assert ("rule", f"drug-allergy {RULE.version} active: ran") in details
    assert ("data", "allergies: fetched") in details
    assert ("card", f"{card}: drug-allergy {RULE.version} critical, shown") in details


@pytest.mark.parametrize(
    "changes",
    [
        {"fhirServer": None},
        {"hook": "none-such"},
        {"hook": None},
        {"hookInstance": " "},
        {"hookInstance": "\x00\x01\x7f\U0001f0a1"},
        {"context": {"userId": " x y ", "patientId": "1"}},
    ],
)
async def test_any_call_is_a_valid_one(
    tmp_path: Path, clock: Clock, database: str, changes: Any
) -> None:
    """Refused and odd calls are valid AuditEvents too, with ids and without."""
    for number, ids in enumerate(("false", "true")):
        config = CONFIG.replace("[tenants.mercy]\n", f"[tenants.mercy]\naudit_ids = {ids}\n")
        async with opened(tmp_path, clock, config, database=database) as door:
            sent = order_sign(draft(), **changes)
            await door.client.post(SERVICE, json=sent, headers=Caller(clock).bearer())
        assert len(events(database)) == number + 1


async def test_ids_are_references_where_they_are_wanted(
    tmp_path: Path, clock: Clock, database: str
) -> None:
    """A tenant with `audit_ids` gets references that its own systems can follow."""
    config = CONFIG.replace("[tenants.mercy]\n", "[tenants.mercy]\naudit_ids = true\n")
    async with opened(tmp_path, clock, config, database=database) as door:
        await door.knock(Caller(clock).bearer())
    (event,) = events(database)
    assert event["agent"][0]["who"] == {"reference": "Practitioner/1"}
    assert event["entity"][0]["what"] == {"reference": f"Patient/{PATIENT}"}


async def test_a_time_and_a_tenant_can_be_asked_for(
    door: Door, clock: Clock, database: str
) -> None:
    """`since` is included and `until` is not; another tenant's calls stay out; oldest first."""
    times = []
    for _ in range(4):
        await door.knock(Caller(clock).bearer())
        times.append(clock())
        clock.forward(60)
    await committed(door)
    found = [event["recorded"] for event in events(database)]
    assert found == [time.isoformat() for time in times]
    asked = events(database, since=times[1], until=times[3], tenant="mercy")
    assert [event["recorded"] for event in asked] == [time.isoformat() for time in times[1:3]]
    assert events(database, tenant="north") == []
    assert events(database, since=clock() + timedelta(days=1)) == []


async def test_it_is_a_command(door: Door, clock: Clock, database: str) -> None:
    """`python -m service.store.export` writes the lines of the database that is set."""
    await door.knock(Caller(clock).bearer())
    await committed(door)
    written = await asyncio.to_thread(command, database, "export", "--since", "2020-01-01")
    ids = [json.loads(line)["id"] for line in written.splitlines()]
    assert ids == [event["id"] for event in events(database)]
    for patient, found in ((PATIENT, 1), ("another", 0)):
        asked = ("export", "--tenant", "mercy", "--patient", patient)
        written = await asyncio.to_thread(command, database, *asked)
        assert written.count(b"\n") == found
    verdict = await asyncio.to_thread(command, database, "verify")
    assert verdict == b"the audit trail is as written\n"


def test_a_database_that_is_none_is_told(tmp_path: Path) -> None:
    """It is one line, not a traceback; and reading makes no file."""
    with pytest.raises(ConfigurationError, match=r"^CARDWISE_DATABASE: "):
        list(export(str(tmp_path / "none" / "x.sqlite")))
    with pytest.raises(ConfigurationError, match=r"^CARDWISE_DATABASE: "):
        list(export(str(tmp_path / "x.sqlite")))
    assert list(tmp_path.iterdir()) == []


def test_a_moment_without_a_zone_is_utc() -> None:
    """Days and moments are read as ISO 8601 has them."""
    assert moment("2026-11-21").isoformat() == "2026-11-21T00:00:00+00:00"
    assert moment("2026-11-21T09:30:00+01:00").isoformat() == "2026-11-21T09:30:00+01:00"
