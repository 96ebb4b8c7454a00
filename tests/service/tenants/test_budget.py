"""Budgets: a tenant over its own is told when to come back, and costs the others nothing.

Each holds for the budgets of one process, and for those that processes share.
"""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.callers import CONFIG, Caller, Clock, ec, key_set, public
from tests.door import opened
from tests.ehr import Json


async def test_calls_in_a_minute(
    tmp_path: Path, clock: Clock, caller: Caller, memory: Json
) -> None:
    """The call too many is 429 with the seconds to wait; after them it is answered."""
    async with opened(
        tmp_path, clock, f"{CONFIG}[tenants.mercy.budget]\nper_minute = 3", **memory
    ) as door:
        for _ in range(3):
            assert (await door.knock(caller.bearer())).status_code == 200
            clock.forward(10)
        answer = await door.knock(caller.bearer())
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "30")
        assert answer.json()["issue"][0]["code"] == "throttled"
        assert await door.refusals() == {"over-budget": 1}
        clock.forward(30)
        assert (await door.knock(caller.bearer())).status_code == 200


async def test_calls_at_once(tmp_path: Path, clock: Clock, caller: Caller, memory: Json) -> None:
    """More calls at once than agreed are 429; room is there again when one has ended."""
    config = f"{CONFIG}[tenants.mercy.budget]\nconcurrency = 2"
    async with opened(tmp_path, clock, config, **memory) as door:
        client, going = door.app.state.cardwise.fhir, asyncio.Event()
        inner = client._pages

        async def held(*given: Any) -> Any:
            await going.wait()
            return await inner(*given)

        client._pages = held
        calls = [asyncio.ensure_future(door.knock(caller.bearer())) for _ in range(4)]
        while sum(call.done() for call in calls) < 2:  # noqa: ASYNC110 - two are refused
            await asyncio.sleep(0.001)
        going.set()
        answers = await asyncio.gather(*calls)
        assert sorted(a.status_code for a in answers) == [200, 200, 429, 429]
        assert (await door.knock(caller.bearer())).status_code == 200


async def test_budgets_are_apart(
    tmp_path: Path, clock: Clock, caller: Caller, memory: Json
) -> None:
    """One tenant's calls are not counted against another's."""
    async with opened(
        tmp_path, clock, f"{CONFIG}[tenants.mercy.budget]\nper_minute = 1", **memory
    ) as door:
        door.keys.sets["https://shared.test/keys"] = key_set(public(ec()))
        assert (await door.knock(caller.bearer())).status_code == 200
        assert (await door.knock(caller.bearer())).status_code == 429
        claims = {"iss": "https://shared.test", "tenant": "north"}
        header = {"jku": "https://shared.test/keys"}
        assert (await door.knock(caller.bearer(header, **claims))).status_code == 412


async def test_forged_calls_use_nothing_up(
    tmp_path: Path, clock: Clock, caller: Caller, memory: Json
) -> None:
    """Refused and replayed tokens do not count: strangers cannot spend a tenant's budget."""
    async with opened(
        tmp_path, clock, f"{CONFIG}[tenants.mercy.budget]\nper_minute = 2", **memory
    ) as door:
        used = caller.bearer()
        assert (await door.knock(used)).status_code == 200
        for bearer in (used, {"Authorization": "Bearer a.b.c"}, caller.bearer(aud="x")):
            assert (await door.knock(bearer)).status_code == 401
        assert (await door.knock(caller.bearer())).status_code == 200


@pytest.mark.parametrize("limit", [(1, "40"), (2, "30")])
async def test_a_lowered_budget_counts_what_was_used(
    tmp_path: Path, clock: Clock, caller: Caller, memory: Json, limit: tuple[int, str]
) -> None:
    """A reload keeps the count, and the wait is until one more fits under the new number."""
    config = CONFIG + "[tenants.mercy.budget]\nper_minute = "
    lowered, wait = limit
    async with opened(tmp_path, clock, f"{config}9", **memory) as door:
        for _ in range(3):
            clock.forward(10)
            assert (await door.knock(caller.bearer())).status_code == 200
        clock.forward(20)
        await door.reload(f"{config}{lowered}")
        answer = await door.knock(caller.bearer())
        assert (answer.status_code, answer.headers["retry-after"]) == (429, wait)
