"""Nothing that is kept can be changed or taken out by a statement, and what is changed shows."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from service.store.database import open_engine
from service.store.keys import AuditKey
from service.store.retention import cut
from service.store.tables import CALLS, CUTS, FEEDBACK, ISSUED, METADATA
from service.store.verify import verify
from tests.callers import FEEDBACK as PATH
from tests.callers import Caller, Clock
from tests.door import AUDIT_KEY, Door, opened
from tests.service.store.kept import committed, rows, run

KEY = AuditKey(AUDIT_KEY)
TABLES = ["calls", "issued", "feedback", "cuts"]


async def fill(door: Door, clock: Clock, calls: int = 3) -> None:
    """Some calls, each a minute after the other, with feedback on each."""
    for number in range(calls):
        answer = await door.knock(Caller(clock).bearer(), hookInstance=f"visit-{number}")
        (card,) = answer.json()["cards"]
        item = {
            "card": card["uuid"],
            "outcome": "overridden",
            "outcomeTimestamp": "2026-11-20T10:05:31Z",
        }
        headers = Caller(clock, PATH).bearer()
        await door.client.post(PATH, json={"feedback": [item]}, headers=headers)
        clock.forward(60)
    await committed(door)


def unlocked(database: str, statement: str) -> None:
    """Run a statement as an owner of the database could: with the triggers off."""
    with open_engine(database).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET session_replication_role = replica"))
        else:
            triggers = connection.execute(
                text("SELECT name FROM sqlite_master WHERE type='trigger'")
            )
            for name in triggers.scalars().all():
                connection.execute(text(f"DROP TRIGGER {name}"))
        connection.execute(text(statement))


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("change", ["UPDATE {} SET {}", "DELETE FROM {}", "TRUNCATE {}"])
async def test_no_statement_changes_a_row(
    door: Door, clock: Clock, database: str, table: str, change: str
) -> None:
    """UPDATE, DELETE and TRUNCATE are refused by the database itself."""
    await fill(door, clock)
    cut(open_engine(database), KEY, clock() - timedelta(seconds=150), clock())
    before = {each.name: rows(database, each) for each in METADATA.sorted_tables}
    assert all(before.values())
    column = "seal = ''" if table in ("calls", "cuts") else "card = ''"
    with pytest.raises(DatabaseError):
        run(database, change.format(table, column))
    assert before == {each.name: rows(database, each) for each in METADATA.sorted_tables}


async def test_no_row_takes_anothers_place(door: Door, clock: Clock, database: str) -> None:
    """INSERT OR REPLACE, SQLite's other way to change a row, changes none."""
    if "://" in database:
        pytest.skip("PostgreSQL has no REPLACE")
    await fill(door, clock)
    before = {each.name: rows(database, each) for each in METADATA.sorted_tables}
    for table in ("calls", "issued", "feedback"):
        names = [column.name for column in METADATA.tables[table].columns]
        worse = ", ".join("'x'" if n in ("seal", "comment", "rule") else n for n in names)
        run(database, f"INSERT OR REPLACE INTO {table} SELECT {worse} FROM {table}")  # noqa: S608
    assert before == {each.name: rows(database, each) for each in METADATA.sorted_tables}


async def test_the_trail_is_as_it_was_written(door: Door, clock: Clock, database: str) -> None:
    """A trail that nobody touched verifies with its key, and with no other."""
    await fill(door, clock)
    assert list(verify(database, KEY)) == []
    assert len(list(verify(database, AuditKey("another key, of some length too")))) == 3


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE calls SET status = 200 WHERE number = 2", []),
        ("UPDATE calls SET patient_id = 'x' WHERE number = 2", ["call 2 ", "changed"]),
        ("UPDATE calls SET cards = '[]' WHERE number = 3", ["call 3 ", "changed"]),
        ("DELETE FROM calls WHERE number = 1", ["call 2 ", "missing"]),
        ("DELETE FROM calls WHERE number = 2", ["call 3 ", "missing"]),
    ],
)
async def test_a_change_shows(
    door: Door, clock: Clock, database: str, statement: str, told: list[str]
) -> None:
    """With the triggers off a row can be changed or taken out, but not unseen."""
    await fill(door, clock)
    unlocked(database, statement)
    faults = list(verify(database, KEY))
    assert len(faults) == bool(told)
    assert all(word in faults[0] for word in told)


async def test_retention_takes_out_what_is_older(door: Door, clock: Clock, database: str) -> None:
    """What is older than a cut goes from every table, what is not stays, and both verify."""
    await fill(door, clock, 5)
    engine = open_engine(database)
    assert cut(engine, KEY, clock() - timedelta(seconds=150), clock()) == 9
    assert [row["number"] for row in rows(database, CALLS)] == [4, 5]
    assert len(rows(database, ISSUED)) == len(rows(database, FEEDBACK)) == 2
    assert list(verify(database, KEY)) == []
    assert cut(engine, KEY, clock() - timedelta(seconds=150), clock()) == 0
    assert len(rows(database, CUTS)) == 1
    await fill(door, clock, 1)
    assert list(verify(database, KEY)) == []


async def test_retention_runs_by_itself(
    tmp_path: Path, door: Door, clock: Clock, database: str
) -> None:
    """With a number of days set, a process that starts takes out what is older."""
    await fill(door, clock)
    folder = tmp_path / "later"
    folder.mkdir()
    clock.forward(3 * 86400)
    async with opened(folder, clock, database=database, retention_days=2) as later:
        store = later.app.state.cardwise.store
        tries = iter(range(100))  # in a thread beside the loop: each try waits for the database
        while rows(database, FEEDBACK) and next(tries, None) is not None:
            await store.ready()
    assert rows(database, CALLS) == rows(database, FEEDBACK) == []
    assert [row["older_than"] for row in rows(database, CUTS)] == [clock() - timedelta(days=2)]


async def test_a_forged_cut_shows(door: Door, clock: Clock, database: str) -> None:
    """Whoever writes a cut of their own to take rows out cannot seal it."""
    await fill(door, clock)
    (writer,) = {row["writer"] for row in rows(database, CALLS)}
    chains = f'{{"{writer}": [2, "x"]}}'
    later = datetime(2030, 1, 1, tzinfo=UTC)
    forged = {"at": later, "older_than": later, "chains": chains, "seal": "x"}
    with open_engine(database).begin() as connection:
        connection.execute(CUTS.insert(), forged)
    run(database, "DELETE FROM calls WHERE number <= 2")
    faults = list(verify(database, KEY))
    assert any(fault.startswith("the cut of 2030-01-01") for fault in faults)
    assert any("call 3 " in fault for fault in faults)


async def test_more_than_one_piece_is_taken_out(door: Door, clock: Clock, database: str) -> None:
    """Retention works in small transactions; thousands of rows go all the same."""
    await fill(door, clock, 1)
    (row,) = rows(database, CALLS)
    many: list[Any] = [row | {"writer": "w", "number": n, "seal": "s"} for n in range(1, 2501)]
    with open_engine(database).begin() as connection:
        connection.execute(CALLS.insert(), many)
    assert cut(open_engine(database), KEY, clock(), clock()) == 2503
    assert rows(database, CALLS) == []
