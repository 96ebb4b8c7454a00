"""What another process finds in a database."""

from datetime import datetime
from typing import Any

from sqlalchemy import Table, select, text

from service.store.database import open_engine, open_reader
from service.store.store import Noted
from service.store.tables import CALLS
from tests.door import Door
from tests.ehr import Json


def rows(database: str, table: Table) -> list[dict[str, Any]]:
    """Every row of a table, in the order of its key."""
    with open_reader(database).connect() as connection:
        ordered = select(table).order_by(*table.primary_key)
        return [dict(row) for row in connection.execute(ordered).mappings()]


def run(database: str, statement: str) -> int:
    """Run a statement, as anybody could who may write to the database."""
    with open_engine(database).begin() as connection:
        return connection.execute(text(statement)).rowcount


def noted(at: datetime, number: int, **changes: object) -> Noted:
    """A call to be kept; its number is in the place of the service."""
    row: Json = dict.fromkeys(column.name for column in CALLS.columns if column.name != "seal")
    row |= {"at": at, "tenant": "", "service": str(number), "status": 200, "microseconds": 1}
    return Noted(row | {"ids": "hashed", "rules": "", "data": "", "cards": ""} | changes, ())


async def committed(door: Door) -> None:
    """Wait until everything that was noted so far is in the database."""
    assert await door.app.state.cardwise.store.ready()
