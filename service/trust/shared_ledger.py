"""The ledger of all processes and machines, in Redis: a token opens once, wherever it is sent.

Redis is asked first, once for a call, and this process' own ledger after it. So a token that was
let in by one process alone, while Redis was down, is not let in there again.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.resources import files
from math import ceil
from typing import Final

from hooks.errors import RequestError, Unavailable
from service.shared import Script, Shared
from service.tenants.budget import too_many_at_once, too_many_in_a_minute
from service.tenants.sites import Site
from service.trust.ledger import Ledger
from service.trust.replay import TokenId, used_before

_ADMIT: Final = Script(files(__package__).joinpath("admit.lua").read_text("utf-8"))
# A process that died counts its calls for no longer; the longest deadline is half of it.
_LEASE: Final = 60
# A token is remembered for so much longer than it lives: machines' clocks may differ by as much.
_SKEW: Final = 300


class SharedLedger(Ledger):
    """The tokens and budgets used in all processes that share one Redis."""

    def __init__(self, clock: Callable[[], float], shared: Shared, *, alone: bool) -> None:
        """Make it.

        Args:
            clock: seconds since 1970.
            shared: the way to Redis.
            alone: whether calls are let in by this process' own ledger while Redis is down.
        """
        super().__init__(clock)
        self._clock = clock
        self._shared = shared
        self._alone = alone

    @asynccontextmanager
    async def entered(self, site: Site, token: TokenId | None) -> AsyncIterator[None]:
        """As the ledger of one process does, after all processes were asked."""
        call = await self._enter(site, token) if token is not None else ""
        try:
            async with super().entered(site, token):
                yield
        finally:
            if call:
                self._shared.tell("ZREM", _under_way(site), call)

    async def _enter(self, site: Site, token: TokenId) -> str:
        """The call's id in Redis; "" where it was not entered there."""
        call = token.digest.hex()
        try:
            word, wait = await self._admit(site, token, call)
        except Unavailable:
            if self._alone:
                return ""
            raise
        if word != b"admitted":
            raise _refusal(word, wait, site)
        return call

    async def _admit(self, site: Site, token: TokenId, call: str) -> tuple[bytes, int]:
        now, budget = self._clock(), site.budget
        assert budget is not None  # noqa: S101 - only configured sites are found by a token
        life = ceil((token.end - now + _SKEW) * 1000)
        word, wait = await self._shared.run(
            _ADMIT,
            [f"cardwise:used:{call}", f"cardwise:recent:{site.id}", _under_way(site)],
            [life, now, call, budget.per_minute, budget.concurrency, _LEASE],
        )
        return word, wait


def _under_way(site: Site) -> str:
    return f"cardwise:under-way:{site.id}"


def _refusal(word: bytes, wait: int, site: Site) -> RequestError:
    if word == b"used":
        return used_before()
    if word == b"at-once" or site.budget is None:
        return too_many_at_once()
    return too_many_in_a_minute(site.budget.per_minute, wait)
