"""The store: rows of the audit trail are written behind, feedback is waited for."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from hooks.errors import NotStored
from service.store.chain import Chain
from service.store.database import open_engine
from service.store.feedback import Delivery
from service.store.keys import AuditKey
from service.store.migrate import bring_up_to_date
from service.store.rows import Row, insert_once
from service.store.tables import CALLS, ISSUED
from service.store.writer import QueueFull, Writer

T = TypeVar("T")

WINDOW: Final = 0.2  # seconds for which rows of the audit trail may wait for each other
_RETRY: Final = 5  # seconds after which feedback may be sent again
_PROBE: Final = 2.0  # seconds within which a store that is ready has committed something
_log: Final = logging.getLogger("cardwise.store")


@dataclass(frozen=True, slots=True)
class Noted:
    """What is kept of one call: its row of the audit trail, and the cards it showed."""

    call: Row
    issued: Sequence[Row]


class Store:
    """Everything that is kept. One per process; several processes may share a database.

    Attributes:
        key: hashes ids, and seals the audit trail.
        engine: the database.
    """

    def __init__(
        self,
        database: str,
        key: AuditKey,
        *,
        wait: bool = False,
        lost: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Open the database, and bring it up to date.

        Args:
            database: a path, or a URL.
            key: seals the audit trail.
            wait: whether a call is answered only once its row is committed.
            lost: told how many rows of the audit trail could not be stored.

        Raises:
            ConfigurationError: it cannot be used, or is newer than this code.
        """
        self.engine = open_engine(database)
        bring_up_to_date(self.engine)
        self.key = key
        self._wait = wait
        self._count_lost = lost
        self._chain: Chain | None = None
        self._writer: Writer[Noted] = Writer(self.engine, self._insert, self._lose, WINDOW)

    async def note(self, noted: Noted, patience: float) -> None:
        """Have a call kept; never fails, for what is kept must not stop what is answered.

        Args:
            noted: what is kept.
            patience: seconds to wait for the commit, if that is waited for.
        """
        self._writer.put(noted)
        if self._wait:
            try:
                await self._done(_nothing, patience)
            except NotStored:
                _log.warning("a call is answered before its row of the audit trail is stored")

    async def deliver(self, delivery: Delivery, patience: float) -> list[int]:
        """Keep feedback; return the places of what is about no card that was shown.

        Args:
            delivery: the feedback.
            patience: seconds to wait for the commit.

        Raises:
            NotStored: it is not committed; sending it again does no harm.
        """
        return await self._done(delivery.store, patience)

    async def ready(self) -> bool:
        """Whether the database takes what is to be stored."""
        try:
            await self._done(_touch, _PROBE)
        except NotStored:
            return False
        return self._writer.healthy

    async def aclose(self) -> None:
        """Commit everything that waits, and close the database."""
        await asyncio.to_thread(self._writer.close)
        self.engine.dispose()

    async def _done(self, work: Callable[[Connection], T], patience: float) -> T:
        try:
            return await asyncio.wait_for(asyncio.wrap_future(self._writer.run(work)), patience)
        except (TimeoutError, QueueFull, SQLAlchemyError, OSError):
            raise NotStored(_RETRY) from None

    def _insert(self, connection: Connection, batch: Sequence[Noted]) -> None:
        # made here, in the writer's thread: a server may fork after it has made the app
        self._chain = self._chain or Chain(self.key)
        for noted in batch:
            self._chain.add(noted.call)
        insert_once(connection, CALLS, [noted.call for noted in batch])
        insert_once(connection, ISSUED, [row for noted in batch for row in noted.issued])

    def _lose(self, rows: int) -> None:
        self._count_lost(rows)
        _log.error("audit trail: %d calls could not be stored, and are lost", rows)


def _nothing(_: Connection) -> None:
    """Commit what was put before."""


def _touch(connection: Connection) -> None:
    """Write something that changes nothing: a full disk takes readers too, but no writer."""
    if connection.dialect.name == "sqlite":
        connection.execute(text("PRAGMA user_version = 1"))
    else:
        connection.execute(text("SELECT pg_current_xact_id()"))
