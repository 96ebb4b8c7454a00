"""Takes out what is older than it may be: the one way in which anything leaves the tables.

A cut is written down first, for good: up to when, and where it leaves each writer's chain. The
triggers let go only of rows that are older than a cut. So whoever reads the trail knows what was
taken out, and that nothing else was.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from threading import Event
from typing import Any, Final

from sqlalchemy import Column, Connection, Engine, Table, delete, exists, select
from sqlalchemy.exc import SQLAlchemyError

from service.store.chain import seal_of_cut
from service.store.keys import AuditKey
from service.store.rows import Row, insert_once
from service.store.store import Store
from service.store.tables import CALLS, CUTS, FEEDBACK, ISSUED

_AT_ONCE: Final = 1_000  # rows in one transaction, so that nobody waits long
_EVERY: Final = 3600.0  # seconds
_AGES: Final = ((CALLS, CALLS.c.at), (ISSUED, ISSUED.c.at), (FEEDBACK, FEEDBACK.c.received_at))
_log: Final = logging.getLogger("cardwise.store")


@asynccontextmanager
async def retained(
    store: Store, days: float | None, clock: Callable[[], datetime]
) -> AsyncIterator[None]:
    """Take out what is older than some days, at once and each hour, while the block runs."""
    if days is None:
        yield
        return
    stop = Event()
    task = asyncio.create_task(_regularly(store, timedelta(days=days), clock, stop))
    try:
        yield
    finally:
        stop.set()
        task.cancel()
        await asyncio.wait([task])


async def _regularly(
    store: Store, age: timedelta, clock: Callable[[], datetime], stop: Event
) -> None:
    while True:
        now = clock()
        try:
            taken = await asyncio.to_thread(
                cut, store.engine, store.key, now - age, now, stop.is_set
            )
        except SQLAlchemyError as error:
            _log.error("nothing old was taken out: %s", type(error).__name__)
        else:
            _log.info("%d rows older than %s days were taken out", taken, age.days)
        await asyncio.sleep(_EVERY)


def cut(
    engine: Engine,
    key: AuditKey,
    older_than: datetime,
    now: datetime,
    stopped: Callable[[], bool] = lambda: False,
) -> int:
    """Take out every row older than a moment; return how many there were.

    Args:
        engine: the database.
        key: seals the cut.
        older_than: the moment.
        now: the time.
        stopped: whether to leave the rest for the next time.
    """
    with engine.begin() as connection:
        if not any(_holds_older(connection, age, older_than) for _, age in _AGES):
            return 0
        ends = _ends(connection, older_than)
        row: Row = {"at": now, "older_than": older_than, "chains": json.dumps(ends)}
        row["seal"] = seal_of_cut(key, row)
        insert_once(connection, CUTS, [row])
    taken = 0
    for writer, (last, _) in ends.items():
        while not stopped() and (rows := _cut_chain(engine, writer, last)):
            taken += rows
    for table, age in _AGES[1:]:
        while not stopped() and (rows := _cut_table(engine, table, age, older_than)):
            taken += rows
    return taken


def _holds_older(connection: Connection, age: Column[Any], older_than: datetime) -> bool:
    return bool(connection.execute(select(exists().where(age < older_than))).scalar())


def _ends(connection: Connection, older_than: datetime) -> dict[str, tuple[int, str]]:
    """For each writer of old rows, the last to be taken out: its number and its seal.

    What is left of a chain is its end, whole: if a clock was put back, an old row among newer ones
    stays with them until they go.
    """
    own = select(CALLS.c.number, CALLS.c.seal)
    writers = select(CALLS.c.writer).where(CALLS.c.at < older_than).distinct()
    found: dict[str, tuple[int, str]] = {}
    for writer in connection.execute(writers).scalars().all():
        rows = own.where(CALLS.c.writer == writer)
        kept = connection.execute(
            rows.where(CALLS.c.at >= older_than).order_by(CALLS.c.number).limit(1)
        ).first()
        old = rows.where(CALLS.c.number < kept.number) if kept else rows
        last = connection.execute(old.order_by(CALLS.c.number.desc()).limit(1)).first()
        if last:
            found[writer] = (last.number, last.seal)
    return found


def _cut_chain(engine: Engine, writer: str, last: int) -> int:
    """Take out some of a writer's oldest rows, up to a number; return how many there were."""
    own = CALLS.c.writer == writer
    with engine.begin() as connection:
        first = connection.execute(
            select(CALLS.c.number).where(own).order_by(CALLS.c.number).limit(1)
        ).scalar()
        if first is None or first > last:
            return 0
        end = min(last, first + _AT_ONCE - 1)
        return connection.execute(delete(CALLS).where(own, CALLS.c.number <= end)).rowcount


def _cut_table(engine: Engine, table: Table, age: Column[Any], older_than: datetime) -> int:
    """Take out some of a table's oldest rows; return how many there were."""
    with engine.begin() as connection:
        oldest = select(age).where(age < older_than).order_by(age)
        end = connection.execute(oldest.offset(_AT_ONCE).limit(1)).scalar()
        until = age <= end if end else age < older_than
        return connection.execute(delete(table).where(until)).rowcount
