"""A database that fails: cards go out, feedback is not acknowledged, and nothing is lost unsaid."""

import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection

from service.store import writer as writers
from service.store.database import open_engine
from service.store.keys import AuditKey
from service.store.migrate import bring_up_to_date
from service.store.store import Store
from service.store.tables import CALLS, CUTS, FEEDBACK
from tests.callers import FEEDBACK as PATH
from tests.callers import Caller, Clock
from tests.door import Door, opened
from tests.ehr import Json
from tests.service.store.cluster import Cluster
from tests.service.store.kept import committed, noted, rows

Switch = Callable[[], object]


@pytest.fixture
async def door(tmp_path: Path, clock: Clock, database: str) -> AsyncIterator[Door]:
    """The service with a short deadline."""
    async with opened(tmp_path, clock, database=database, deadline=0.5) as found:
        yield found


@pytest.fixture
def outage(request: pytest.FixtureRequest, database: str) -> Iterator[tuple[Switch, Switch]]:
    """What makes the database fail, and what makes it work again."""
    if "://" in database:
        cluster: Cluster = request.getfixturevalue("cluster")
        yield partial(cluster.closed, database), partial(cluster.opened, database)
        return
    bring_up_to_date(open_engine(database))
    with closing(sqlite3.connect(database, isolation_level=None)) as holder:
        lock, let_go = ("BEGIN IMMEDIATE", "ROLLBACK")
        yield partial(holder.execute, lock), partial(holder.execute, let_go)


async def tell(door: Door, clock: Clock, card: str) -> tuple[int, Json, str]:
    """Send feedback: the answer's status, body, and when to try again."""
    item = {"card": card, "outcome": "overridden", "outcomeTimestamp": "2026-11-20T10:05:31Z"}
    headers = Caller(clock, PATH).bearer()
    answer = await door.client.post(PATH, json={"feedback": [item]}, headers=headers)
    body = answer.json() if answer.content else {}
    return answer.status_code, body, answer.headers.get("retry-after", "")


async def test_cards_go_out_and_feedback_waits(
    door: Door, clock: Clock, database: str, outage: tuple[Switch, Switch]
) -> None:
    """While it lasts calls are answered and feedback gets 503; after it everything is stored."""
    fail, recover = outage
    (card,) = (await door.knock(Caller(clock).bearer())).json()["cards"]
    await committed(door)
    fail()
    answers = [await door.knock(Caller(clock).bearer(), hookInstance=f"v{n}") for n in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    status, body, wait = await tell(door, clock, card["uuid"])
    assert (status, wait) == (503, "5")
    assert body["issue"][0]["code"] == "no-store"
    store = door.app.state.cardwise.store
    assert not await store.ready()
    recover()
    assert await store.ready()
    assert (await tell(door, clock, card["uuid"]))[0] == 200
    assert len(rows(database, CALLS)) == 4
    assert len(rows(database, FEEDBACK)) == 1
    metrics = (await door.client.get("/metrics")).text
    assert 'cardwise_feedback_total{end="not-stored"} 1.0' in metrics
    assert "cardwise_audit_lost_total 0.0" in metrics


async def test_waiting_for_the_trail_does_not_stop_cards(
    tmp_path: Path, clock: Clock, database: str, outage: tuple[Switch, Switch]
) -> None:
    """With CARDWISE_AUDIT_WAIT a call waits for its row no longer than its deadline."""
    fail, recover = outage
    async with opened(tmp_path, clock, database=database, deadline=0.5, audit_wait=True) as door:
        await door.knock(Caller(clock).bearer())
        fail()
        assert (await door.knock(Caller(clock).bearer())).status_code == 200
        recover()
    assert len(rows(database, CALLS)) == 2


async def test_what_waits_is_bounded(
    clock: Clock, database: str, outage: tuple[Switch, Switch]
) -> None:
    """Rows beyond the limit are given up and counted; those within it are stored in order."""
    lost: list[int] = []
    fail, recover = outage
    store = Store(database, AuditKey("k" * 32), lost=lost.append)
    fail()
    extra = 700
    for number in range(writers.MOST_ROWS + extra):
        await store.note(noted(clock(), number), 1)
    recover()
    await store.aclose()
    found = [int(row["service"]) for row in rows(database, CALLS)]
    assert found == sorted(found)
    assert len(found) + sum(lost) == writers.MOST_ROWS + extra
    assert len(found) >= writers.MOST_ROWS


async def test_a_row_that_can_never_be_stored_holds_up_no_other(
    clock: Clock, database: str
) -> None:
    """A row that the database refuses for what it is, is given up and counted; the rest stays."""
    lost: list[int] = []
    store = Store(database, AuditKey("k" * 32), lost=lost.append)
    for number, ids in enumerate(["hashed", "neither", "hashed"]):
        await store.note(noted(clock(), number, ids=ids), 1)
    assert await store.ready()
    await store.aclose()
    assert [row["service"] for row in rows(database, CALLS)] == ["0", "2"]
    assert lost == [1]


async def test_shutdown_commits_what_waits(clock: Clock, database: str) -> None:
    """What was noted just before the end is there after it."""
    store = Store(database, AuditKey("k" * 32))
    for number in range(2500):
        await store.note(noted(clock(), number), 1)
    await store.aclose()
    assert len(rows(database, CALLS)) == 2500


async def test_shutdown_gives_up_in_the_end(
    clock: Clock, database: str, outage: tuple[Switch, Switch]
) -> None:
    """A database that does not come back holds up the end for seconds; what is lost is counted."""
    lost: list[int] = []
    fail, recover = outage
    store = Store(database, AuditKey("k" * 32), lost=lost.append)
    fail()
    await store.note(noted(clock(), 1), 1)
    await store.aclose()
    recover()
    assert lost == [1]
    assert rows(database, CALLS) == []


async def test_a_task_that_fails_fails_alone(database: str) -> None:
    """One task's mistake is its own; others of the same transaction are committed."""
    bring_up_to_date(open_engine(database))
    writer: writers.Writer[object] = writers.Writer(
        open_engine(database), lambda *_: None, lambda _: None, 0.1
    )

    def insert(second: int, connection: Connection) -> None:
        at = datetime(2026, 11, 21, 9, 30, second, tzinfo=UTC)
        row = {"at": at, "older_than": at, "chains": "{}", "seal": ""}
        connection.execute(CUTS.insert(), row)

    good = [writer.run(partial(insert, second)) for second in (1, 2)]
    bad = writer.run(lambda _: 1 / 0)
    writer.close()
    assert [each.result() for each in good] == [None, None]
    assert isinstance(bad.exception(), ZeroDivisionError)
    assert [row["at"].second for row in rows(database, CUTS)] == [1, 2]
