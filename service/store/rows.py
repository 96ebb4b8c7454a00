"""Rows, and how they are put into a table: text that every database takes, and each row once."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, overload

import msgspec
from sqlalchemy import Connection, Insert, Table, func, insert, select, text

Row = dict[str, Any]


@overload
def stored(text: str, limit: int | None = None) -> str: ...
@overload
def stored(text: str | None, limit: int | None = None) -> str | None: ...
def stored(text: str | None, limit: int | None = None) -> str | None:
    """The text as it can be stored: PostgreSQL takes no NUL; longer than `limit` is cut."""
    return None if text is None else text[:limit].replace("\x00", "\ufffd")


def insert_once(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows; where there is one with the same key, that one stays as it is."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        connection.execute(_each(table), rows)
    else:
        names = [column.name for column in table.columns]
        content = [[plain(row[name]) for name in names] for row in rows]
        connection.execute(_all_at_once(table), {"rows": msgspec.json.encode(content).decode()})


def plain(value: Any) -> Any:
    """A moment as text, the same whichever database it comes from; anything else as it is."""
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


@lru_cache
def _each(table: Table) -> Insert:
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - only where it is used

    return postgresql.insert(table).on_conflict_do_nothing()


@lru_cache
def _all_at_once(table: Table) -> Insert:
    """One statement for all rows, during which the interpreter's lock is free.

    With a statement for each row, the thread that writes and the one that answers calls hand that
    lock to and fro for each: measured, 5% fewer calls. Triggers keep each row once.
    """
    each = func.json_each(text(":rows")).table_valued("value")
    values = [func.json_extract(each.c.value, f"$[{place}]") for place in range(len(table.columns))]
    return insert(table).from_select([column.name for column in table.columns], select(*values))
