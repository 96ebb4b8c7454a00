"""A real process under load is killed: what it acknowledged is in the database."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from service.store.keys import AuditKey
from service.store.tables import CALLS, FEEDBACK
from service.store.verify import verify
from tests.ehr import allergy, bundle, draft, order_sign
from tests.service.store.kept import rows

ROOT = Path(__file__).parents[3]
SERVICE = "/cds-services/order-safety"
AT = "2026-11-21T09:30:00Z"
SENDERS = 12
ENOUGH = 150
SECRET = "the key of the test that kills, long enough"


@pytest.fixture
def process(database: str) -> Iterator["subprocess.Popen[str]"]:
    """The service on a free port."""
    given = {"PORT": "0", "CARDWISE_DATABASE": database, "CARDWISE_AUDIT_KEY": SECRET}
    with subprocess.Popen(
        [sys.executable, "-m", "service"],
        cwd=ROOT,
        env=os.environ | given,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as running:
        yield running
        running.kill()


class Told(list[tuple[str, str]]):
    """The cards that feedback was acknowledged for, each with its call."""

    def __init__(self) -> None:
        super().__init__()
        self.enough = asyncio.Event()

    def add(self, card: str, hook_instance: str) -> None:
        """Note one."""
        self.append((card, hook_instance))
        if len(self) >= ENOUGH:
            self.enough.set()


async def keep_telling(client: httpx.AsyncClient, sender: int, told: Told) -> None:
    """Have cards given and tell of them, until nobody answers; note what was acknowledged."""
    lists = {"allergies": bundle(allergy()), "medications": bundle()}
    for number in range(10_000):
        call = order_sign(draft(), hookInstance=f"{sender}-{number}", prefetch=lists)
        (card,) = (await client.post(SERVICE, json=call)).json()["cards"]
        item = {"card": card["uuid"], "outcome": "overridden", "outcomeTimestamp": AT}
        answer = await client.post(f"{SERVICE}/feedback", json={"feedback": [item]})
        if answer.status_code == 200:
            told.add(card["uuid"], call["hookInstance"])


async def until_killed(process: "subprocess.Popen[str]", base: str, told: Told) -> None:
    """Send at once from many, and kill the process amid it."""
    async with httpx.AsyncClient(base_url=base, timeout=20) as client:
        senders = [asyncio.create_task(keep_telling(client, n, told)) for n in range(SENDERS)]
        await asyncio.wait_for(told.enough.wait(), 60)
        process.send_signal(signal.SIGKILL)
        ended = await asyncio.gather(*senders, return_exceptions=True)
    assert all(isinstance(each, httpx.TransportError) for each in ended), ended


async def test_no_acknowledged_feedback_is_lost(
    process: "subprocess.Popen[str]", database: str
) -> None:
    """After SIGKILL under load, every piece that was answered 200 is there, joined to its card."""
    assert process.stdout is not None
    base = process.stdout.readline().split()[-1]
    told = Told()
    await until_killed(process, base, told)
    assert process.wait() == -signal.SIGKILL
    assert len(told) >= ENOUGH
    kept = {row["card"]: row for row in rows(database, FEEDBACK)}
    for card, hook_instance in told:
        assert kept[card]["hook_instance"] == hook_instance
        assert kept[card]["rule"] == "drug-allergy"
    # the call is committed no later than the feedback on its cards, and the trail is whole
    calls = {row["hook_instance"] for row in rows(database, CALLS)}
    assert {hook_instance for _, hook_instance in told} <= calls
    assert list(verify(database, AuditKey(SECRET))) == []


def test_an_ordinary_end_loses_no_call(process: "subprocess.Popen[str]", database: str) -> None:
    """SIGTERM, as an orchestrator sends it: what was answered is in the audit trail."""
    assert process.stdout is not None
    base = process.stdout.readline().split()[-1]
    lists = {"allergies": bundle(allergy()), "medications": bundle()}
    for number in range(20):
        call = order_sign(draft(), hookInstance=f"v{number}", prefetch=lists)
        assert httpx.post(f"{base}{SERVICE}", json=call).status_code == 200
    process.send_signal(signal.SIGTERM)
    process.wait()
    assert len(rows(database, CALLS)) == 20
