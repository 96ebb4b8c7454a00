"""One request for one question: callers that ask the same share the answer.

Callers at the same time share one task; callers shortly after share its result, where a lifetime
is set and the result is worth keeping.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Final, Generic, TypeVar

from cachetools import TLRUCache

_SIZE: Final = 4096
V = TypeVar("V")


class Sharing(Generic[V]):
    """Shares results by key."""

    def __init__(self, lifetime: float, clock: Callable[[], float]) -> None:
        """Make it.

        Args:
            lifetime: seconds for which a result is kept; 0 keeps none.
            clock: monotonic seconds.
        """
        self._lifetime = lifetime
        self._tasks: dict[Hashable, asyncio.Task[V]] = {}
        self._kept: TLRUCache[Hashable, tuple[V, float]] = TLRUCache(
            _SIZE, ttu=lambda _key, value, now: now + value[1], timer=clock
        )

    async def get(
        self,
        key: Hashable,
        make: Callable[[], Awaitable[V]],
        keep: Callable[[V], float],
    ) -> V:
        """The result for a key: kept, under way, or made now.

        The task goes on when a caller is cancelled: others may be waiting for it.

        Args:
            key: what is asked; equal keys must deserve equal answers.
            make: obtains the answer; must end by itself.
            keep: the longest an answer may be kept, in seconds; 0 when it may not.
        """
        if self._lifetime and (kept := self._kept.get(key)):
            return kept[0]
        task = self._tasks.get(key)
        if task is None:
            task = asyncio.ensure_future(self._make(key, make, keep))
            self._tasks[key] = task
            task.add_done_callback(lambda _: self._tasks.pop(key, None))
        return await asyncio.shield(task)

    def under_way(self, key: Hashable) -> bool:
        """Whether somebody has asked and waits for the answer."""
        return key in self._tasks

    async def aclose(self) -> None:
        """Cancel what is under way, and forget what is kept."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._kept.clear()

    async def _make(
        self, key: Hashable, make: Callable[[], Awaitable[V]], keep: Callable[[V], float]
    ) -> V:
        value = await make()
        lifetime = min(self._lifetime, keep(value))
        if lifetime > 0:
            self._kept[key] = (value, lifetime)
        return value
