"""What a call uses up before it is let in: its token for good, a part of its site's budget."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from service.tenants.budget import Budgets
from service.tenants.sites import Site
from service.trust.replay import Replay, TokenId, used_before


class Ledger:
    """The tokens and budgets used in this process. It outlives a reload."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Start with nothing used; `clock` gives seconds since 1970."""
        self._replay = Replay(clock)
        self._budgets = Budgets(clock)

    @asynccontextmanager
    async def entered(self, site: Site, token: TokenId | None) -> AsyncIterator[None]:
        """Enter one call, which is under way for as long as the block runs.

        A token that is presented is used, even where the budget then refuses the call.

        Args:
            site: whose call it is.
            token: what it came with; None where none is asked for.

        Raises:
            NotAuthenticated: the token was used before.
            OverBudget: nothing is left of the site's budget.
            Unavailable: neither can be told at present.
        """
        if token is not None and not self._replay.first_use(token):
            raise used_before()
        with self._budgets.spend(site):
            yield
