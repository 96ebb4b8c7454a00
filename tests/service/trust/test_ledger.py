"""What calls use up, by the same tests for the ledger of one process and that of many."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from hooks.errors import NotAuthenticated, OverBudget
from service.shared import Shared
from service.tenants.sites import Site
from service.trust.ledger import Ledger
from service.trust.replay import TokenId
from service.trust.shared_ledger import SharedLedger
from tests.callers import Clock
from tests.ehr import Json
from tests.ledgers import site, token


@pytest.fixture
async def ledger(clock: Clock, memory: Json) -> AsyncIterator[Ledger]:
    """A ledger, in this process or in Redis."""
    if not memory:
        yield Ledger(clock.exact)
        return
    shared = Shared(memory["redis"], patience=5)
    yield SharedLedger(clock.exact, shared, alone=False)
    await shared.aclose()


async def use(ledger: Ledger, where: Site, which: TokenId) -> None:
    """Make one call."""
    async with ledger.entered(where, which):
        pass


async def test_a_token_is_new_once_for_each_issuer(ledger: Ledger, clock: Clock) -> None:
    """Ids are unique for one issuer; another may use the same."""
    await use(ledger, site(), token(clock, "1"))
    with pytest.raises(NotAuthenticated, match="new token"):
        await use(ledger, site(), token(clock, "1"))
    await use(ledger, site(), token(clock, "1", issuer="https://other.test"))


async def test_it_is_used_at_every_site(ledger: Ledger, clock: Clock) -> None:
    """A tenant that was given another id opens no door to its used tokens."""
    await use(ledger, site("before"), token(clock, "1"))
    with pytest.raises(NotAuthenticated):
        await use(ledger, site("after"), token(clock, "1"))


async def test_of_many_at_once_one_gets_in(ledger: Ledger, clock: Clock) -> None:
    """However many come at the same moment."""
    calls = [use(ledger, site(), token(clock, "1")) for _ in range(50)]
    ends = await asyncio.gather(*calls, return_exceptions=True)
    assert [end for end in ends if end is None] == [None]
    assert sum(isinstance(end, NotAuthenticated) for end in ends) == 49


async def test_a_replay_spends_no_budget(ledger: Ledger, clock: Clock) -> None:
    """Whoever caught a token cannot spend the site's budget with it."""
    where = site(per_minute=2)
    await use(ledger, where, token(clock, "1"))
    for _ in range(5):
        with pytest.raises(NotAuthenticated):
            await use(ledger, where, token(clock, "1"))
    await use(ledger, where, token(clock, "2"))


async def test_a_refused_call_has_used_its_token(ledger: Ledger, clock: Clock) -> None:
    """A token that was presented over budget does not open later, to whoever caught it."""
    where = site(per_minute=1)
    await use(ledger, where, token(clock, "1"))
    with pytest.raises(OverBudget):
        await use(ledger, where, token(clock, "2"))
    clock.forward(60)
    with pytest.raises(NotAuthenticated):
        await use(ledger, where, token(clock, "2"))


async def test_calls_at_once_are_counted_until_they_end(ledger: Ledger, clock: Clock) -> None:
    """Ended well, or with an exception, a call makes room for another."""
    where = site(concurrency=2)
    async with AsyncExitStack() as stack:
        for name in "ab":
            await stack.enter_async_context(ledger.entered(where, token(clock, name)))
        with pytest.raises(OverBudget):
            await use(ledger, where, token(clock, "c"))
    with pytest.raises(KeyError):
        async with ledger.entered(where, token(clock, "d")):
            raise KeyError
    async with ledger.entered(where, token(clock, "e")):
        await use(ledger, where, token(clock, "f"))


async def test_without_a_token_nothing_is_used(ledger: Ledger) -> None:
    """Discovery that is open to everybody costs no site anything."""
    where = site(per_minute=1)
    everyone = Site("", None, where.catalog, where.servers, 2)
    for _ in range(3):
        async with ledger.entered(everyone, None):
            pass
