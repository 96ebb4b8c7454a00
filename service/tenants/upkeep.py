"""What goes on behind the calls: keys are had in time, and reloads elsewhere are followed."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Final
from uuid import uuid4

from hooks.errors import Unavailable
from service.shared import Shared
from service.tenants.reload import Tenants

_log: Final = logging.getLogger("cardwise.tenants")
_RELOAD: Final = "cardwise:reload"
_LOOK_KEYS: Final = 5  # seconds between looks for keys that are wanting
_LOOK_RELOAD: Final = 2  # seconds between looks for a reload elsewhere
_KNOWN: Final = 3600  # seconds for which a reload is announced


class Upkeep:
    """Looks after the tenants while the process runs. One per process."""

    def __init__(self, tenants: Tenants, shared: Shared | None, *, warm: bool) -> None:
        """Make it.

        Args:
            tenants: what is looked after.
            shared: where processes tell each other of reloads; None where there is one only.
            warm: whether key sets are read before a call needs them.
        """
        self._tenants = tenants
        self._shared = shared
        self._warm = warm
        self._followed = b""

    @contextlib.asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        """Look after the tenants for as long as the block runs."""
        tasks = [asyncio.ensure_future(self._warm_up())] if self._warm else []
        tasks += [asyncio.ensure_future(self._follow(self._shared))] if self._shared else []
        try:
            with self._tenants.reloaded_by_signal():
                yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def announce(self) -> bool:
        """Have the other processes reload; whether they will."""
        if self._shared is None:
            return False
        name = uuid4().hex.encode()
        try:
            await self._shared.ask("SET", _RELOAD, name, "EX", _KNOWN)
        except Unavailable:
            return False
        self._followed = name
        return True

    async def _warm_up(self) -> None:
        """Read the key sets that are wanting, at the start, after a reload and after an outage."""
        told: dict[str, str] = {}
        while True:
            gate = self._tenants.gate
            await gate.keys.warm(gate.sites.key_urls if gate.sites else ())
            told = _tell(told, self._tenants.keyless())
            await asyncio.sleep(_LOOK_KEYS)

    async def _follow(self, shared: Shared) -> None:
        """Reload when another process says that it did. This also tells when Redis is back."""
        while True:
            with contextlib.suppress(Unavailable):
                told = await shared.ask("GET", _RELOAD)
                if told and told != self._followed:
                    self._followed = told
                    await self._tenants.reload()
            await asyncio.sleep(_LOOK_RELOAD)


def _tell(told: dict[str, str], now: dict[str, str]) -> dict[str, str]:
    """Log what changed since it was last told; the URLs are the operators' own."""
    for tenant, fault in now.items():
        if fault and fault != told.get(tenant):
            _log.warning("tenant %s: its calls may be refused for want of keys: %s", tenant, fault)
        elif told.get(tenant) and not fault:
            _log.info("tenant %s: its keys are there now", tenant)
    return now
