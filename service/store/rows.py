"""Rows, and how they are put into a table: text that every database takes, and each row once."""

from typing import Any, overload

from sqlalchemy import Connection, Insert, Table

Row = dict[str, Any]


@overload
def stored(text: str, limit: int | None = None) -> str: ...
@overload
def stored(text: str | None, limit: int | None = None) -> str | None: ...
def stored(text: str | None, limit: int | None = None) -> str | None:
    """The text as it can be stored: PostgreSQL takes no NUL; longer than `limit` is cut."""
    return None if text is None else text[:limit].replace("\x00", "\ufffd")


def insert_once(table: Table, connection: Connection) -> Insert:
    """An insert that leaves a row as it is when there is one with its key."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - only where it is used

        return postgresql.insert(table).on_conflict_do_nothing()
    from sqlalchemy.dialects import sqlite  # noqa: PLC0415

    return sqlite.insert(table).on_conflict_do_nothing()
