"""How much each tenant calls: no more in a minute, and no more at once, than was agreed."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil

from hooks.errors import OverBudget
from service.tenants.sites import Site

_WINDOW = 60.0


@dataclass(slots=True)
class _Use:
    """When a tenant called in the last minute, and how many of its calls are under way."""

    times: deque[float] = field(default_factory=deque)
    under_way: int = 0


class Budgets:
    """The use of every tenant in this process. It outlives a reload."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Start with nothing used; `clock` gives seconds."""
        self._clock = clock
        self._uses: dict[str, _Use] = {}

    @contextmanager
    def spend(self, site: Site) -> Iterator[None]:
        """Take one call out of a tenant's budget for as long as the block runs.

        Raises:
            OverBudget: there is nothing left.
        """
        if site.budget is None:
            yield
            return
        use = self._uses.setdefault(site.id, _Use())
        if use.under_way >= site.budget.concurrency:
            raise too_many_at_once()
        self._count(use, site.budget.per_minute)
        use.under_way += 1
        try:
            yield
        finally:
            use.under_way -= 1

    def _count(self, use: _Use, per_minute: int) -> None:
        now = self._clock()
        while use.times and use.times[0] <= now - _WINDOW:
            use.times.popleft()
        if len(use.times) >= per_minute:
            # once this many have left the window, one more fits (a reload may have lowered it)
            frees = use.times[len(use.times) - per_minute]
            raise too_many_in_a_minute(per_minute, max(1, ceil(frees + _WINDOW - now)))
        use.times.append(now)


def too_many_at_once() -> OverBudget:
    """What a call is told that would be one too many under way."""
    return OverBudget("Too many calls of this site are under way.", 1)


def too_many_in_a_minute(per_minute: int, wait: int) -> OverBudget:
    """What a call is told that would be one too many in a minute; `wait` is in seconds."""
    return OverBudget(f"This site may make {per_minute} calls in a minute.", wait)
