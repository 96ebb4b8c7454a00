"""Makes the gate at start-up, and gives it other tenants on SIGHUP without dropping a call."""

import asyncio
import logging
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Final

import httpx

from hooks.errors import ConfigurationError
from rules._rule import Rule
from service.catalog import Catalog
from service.settings import Settings
from service.tenants.load import load_sites
from service.tenants.production import refuse_insecure
from service.tenants.sites import Site, Sites
from service.trust.gate import Gate
from service.trust.key_sets import KeySets

_log: Final = logging.getLogger("cardwise.tenants")


class Tenants:
    """The configured tenants, and the gate that admits their calls. One per process."""

    def __init__(
        self,
        settings: Settings,
        rules: Sequence[Rule],
        clock: Callable[[], datetime],
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Read the configuration, and make the gate.

        Args:
            settings: what was set for the whole process.
            rules: every rule there is.
            clock: tells the time, with its zone.
            transport: another way to key sets than the network.

        Raises:
            ConfigurationError: one line for each thing that is wrong, or not safe in production.
        """
        self._settings = settings
        self._rules = rules
        self._one_at_a_time = asyncio.Lock()
        self._reloads: set[asyncio.Task[None]] = set()

        def seconds() -> float:
            return clock().timestamp()

        everyone = Site("", None, Catalog(rules), settings.servers, settings.deadline)
        sites = self._load()
        keys = KeySets(seconds, transport, published=settings.development)
        self.gate = Gate(everyone, sites, keys, seconds, settings.base_url)

    async def reload(self) -> None:
        """Read the configuration again; when it is wrong, say so and keep the one there is."""
        async with self._one_at_a_time:
            try:
                sites = await asyncio.to_thread(self._load)
            except ConfigurationError as error:
                for line in str(error).splitlines():
                    _log.error("tenants not reloaded, the earlier ones stay: %s", line)
                return
            if sites is not None:
                self.gate.replace(sites)
                _log.info("tenants reloaded: %s", ", ".join(sites.by_id))

    def use(self, rules: Sequence[Rule]) -> None:
        """Serve other rules; when the configuration does not fit them, its sites keep theirs."""
        self._rules = rules
        self.gate.everyone = replace(self.gate.everyone, catalog=Catalog(rules))
        try:
            sites = self._load()
        except ConfigurationError as error:
            _log.error("tenants keep the earlier rules: %s", error)
            return
        if sites is not None:
            self.gate.replace(sites)

    @contextmanager
    def reloaded_by_signal(self) -> Iterator[None]:
        """Reload on SIGHUP for as long as the block runs, where that can be had."""
        loop = asyncio.get_running_loop()
        try:
            loop.add_signal_handler(signal.SIGHUP, self._begin)
        except (NotImplementedError, RuntimeError, ValueError, AttributeError):
            # Windows has no SIGHUP, and only the main thread takes signals
            yield
            return
        try:
            yield
        finally:
            loop.remove_signal_handler(signal.SIGHUP)

    def _begin(self) -> None:
        task = asyncio.ensure_future(self.reload())
        self._reloads.add(task)
        task.add_done_callback(self._reloads.discard)

    def _load(self) -> Sites | None:
        path, settings = self._settings.config, self._settings
        sites = load_sites(path, settings, self._rules) if path else None
        refuse_insecure(settings, sites)
        return sites
