"""What another process finds in a database."""

from typing import Any

from sqlalchemy import Table, select, text

from service.store.database import open_engine, open_reader
from tests.door import Door


def rows(database: str, table: Table) -> list[dict[str, Any]]:
    """Every row of a table, in the order of its key."""
    with open_reader(database).connect() as connection:
        ordered = select(table).order_by(*table.primary_key)
        return [dict(row) for row in connection.execute(ordered).mappings()]


def run(database: str, statement: str) -> int:
    """Run a statement, as anybody could who may write to the database."""
    with open_engine(database).begin() as connection:
        return connection.execute(text(statement)).rowcount


async def committed(door: Door) -> None:
    """Wait until everything that was noted so far is in the database."""
    assert await door.app.state.cardwise.store.ready()
