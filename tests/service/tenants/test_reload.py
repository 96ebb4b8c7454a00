"""Another configuration while calls are under way: none is dropped, none mixes the two."""

import asyncio
import logging
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.attacks import refused
from tests.callers import CONFIG, ISSUER, Caller, Clock, ec, key_set, public
from tests.door import Door, opened

OTHER = CONFIG.replace(ISSUER, "https://new.test").replace("mercy", "new")


async def test_a_reload_changes_who_is_trusted(door: Door, caller: Caller) -> None:
    """A tenant that was taken out is refused from then on, and one that was put in is admitted."""
    new = {"iss": "https://new.test"}
    door.keys.sets["https://new.test/keys"] = key_set(public(ec()))
    assert (await door.knock(caller.bearer())).status_code == 200
    refused(await door.knock(caller.bearer({"jku": "https://new.test/keys"}, **new)), "untrusted")
    await door.reload(OTHER)
    refused(await door.knock(caller.bearer()), "untrusted")
    answer = await door.knock(caller.bearer({"jku": "https://new.test/keys"}, **new))
    assert answer.status_code == 200


async def test_used_tokens_stay_used(door: Door, caller: Caller) -> None:
    """A reload opens no door to replays."""
    bearer = caller.bearer()
    assert (await door.knock(bearer)).status_code == 200
    await door.reload(CONFIG + "\n")
    refused(await door.knock(bearer), "replay")


async def test_a_call_ends_as_it_began(door: Door, caller: Caller) -> None:
    """A call under way keeps its tenant's configuration, though the tenant is gone meanwhile."""
    client, going = door.app.state.cardwise.fhir, asyncio.Event()
    inner = client._pages

    async def held(*given: Any) -> Any:
        await going.wait()
        return await inner(*given)

    client._pages = held
    call = asyncio.ensure_future(door.knock(caller.bearer()))
    while not client._sharing._tasks:  # noqa: ASYNC110 - until it is reading
        await asyncio.sleep(0.001)
    await door.reload(OTHER)
    going.set()
    answer = await call
    assert answer.status_code == 200
    assert answer.json()["cards"]


@pytest.mark.parametrize("broken", ["[tenants", "", "[tenants.a]\nsekret = 1"])
async def test_a_broken_file_changes_nothing(
    door: Door, caller: Caller, caplog: pytest.LogCaptureFixture, broken: str
) -> None:
    """The earlier tenants stay, and the log says what is wrong with the file."""
    with caplog.at_level(logging.INFO, "cardwise.tenants"):
        await door.reload(broken)
    assert all("the earlier ones stay" in record.getMessage() for record in caplog.records)
    assert str(door.config) in caplog.text
    assert (await door.knock(caller.bearer())).status_code == 200


async def test_a_file_that_is_gone_changes_nothing(door: Door, caller: Caller) -> None:
    """Nor does a file that cannot be read."""
    door.config.unlink()
    await door.app.state.tenants.reload()
    assert (await door.knock(caller.bearer())).status_code == 200


async def test_production_keeps_its_refusals(tmp_path: Path, clock: Clock, caller: Caller) -> None:
    """What production would not start with is not reloaded either."""
    sandbox = CONFIG + '[tenants.try]\npreset = "sandbox"'
    async with opened(tmp_path, clock, mode="production") as door:
        await door.reload(sandbox)
        assert "try" not in door.app.state.cardwise.gate.sites.by_id
        assert (await door.knock(caller.bearer())).status_code == 200


async def test_sighup_reloads(door: Door, caller: Caller) -> None:
    """`kill -HUP` reads the file again; calls at that moment are all answered."""
    door.config.write_text(OTHER)
    calls = [asyncio.ensure_future(door.knock(caller.bearer())) for _ in range(20)]
    os.kill(os.getpid(), signal.SIGHUP)
    os.kill(os.getpid(), signal.SIGHUP)
    assert {call.status_code for call in await asyncio.gather(*calls)} <= {200, 401}
    async with asyncio.timeout(2):
        while "mercy" in door.app.state.cardwise.gate.sites.by_id:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    refused(await door.knock(caller.bearer()), "untrusted")
