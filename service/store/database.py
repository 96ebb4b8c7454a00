"""Opens the database that `CARDWISE_DATABASE` names: an SQLite file, or PostgreSQL by URL."""

import sqlite3
import time
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from hooks.errors import ConfigurationError

VARIABLE: Final = "CARDWISE_DATABASE"
_READS: Final = {"cardwise_reads": True}
_POSTGRESQL: Final = frozenset({"postgres", "postgresql", "postgresql+psycopg"})
_WAIT: Final = 5  # seconds for a connection, or for another process to let go of the file
_AGAIN: Final = 0.01
_REMEDY: Final = {
    "sqlite": "set it to a file in a folder that this process may write to",
    "postgresql": "check that the server runs, and the name, user and password in the URL",
}


def url_of(location: str) -> URL:
    """The database's URL.

    Raises:
        ConfigurationError: it is neither a path nor a URL of SQLite or PostgreSQL.
    """
    if "://" not in location:
        return URL.create("sqlite", database=location)
    try:
        url = make_url(location)
    except (ArgumentError, ValueError):  # the message would repeat the password
        raise _unusable("it is no URL") from None
    if url.drivername in _POSTGRESQL:
        return url.set(drivername="postgresql+psycopg")
    if url.drivername == "sqlite" and url.database not in (None, "", ":memory:"):
        return url
    raise _unusable("it is neither an SQLite file nor PostgreSQL")


def open_engine(location: str) -> Engine:
    """The engine for a database; connects to nothing yet.

    Raises:
        ConfigurationError: the location cannot be used, or its driver is not installed.
    """
    url = url_of(location)
    if url.drivername == "sqlite":
        return _sqlite(url)
    try:
        return _postgresql(url)
    except ImportError:
        raise ConfigurationError(
            f"{VARIABLE}: PostgreSQL needs its driver; install cardwise[postgresql]"
        ) from None


def open_reader(location: str) -> Engine:
    """The engine for reading a database that is there; it makes none, and locks nobody out.

    Raises:
        ConfigurationError: the location cannot be used, or there is no such file.
    """
    engine = open_engine(location)
    if engine.dialect.name == "sqlite" and not Path(engine.url.database or "").is_file():
        raise ConfigurationError(f"{VARIABLE}: there is no file {engine.url.database}")
    return engine.execution_options(**_READS)


def told(error: SQLAlchemyError | OSError, engine: Engine) -> ConfigurationError:
    """What is wrong with a database that cannot be opened, in one line, without its password."""
    if isinstance(error, DBAPIError):
        cause = " ".join(str(error.orig).split())[:300]
    else:
        cause = getattr(error, "strerror", None) or type(error).__name__
    password = engine.url.password
    if password:
        cause = cause.replace(str(password), "…")
    return ConfigurationError(
        f"{VARIABLE}: the database cannot be used ({cause}); {_REMEDY[engine.dialect.name]}"
    )


def _unusable(why: str) -> ConfigurationError:
    return ConfigurationError(
        f"{VARIABLE}: {why}; write a path, or postgresql://user:password@host/name"
    )


def _sqlite(url: URL) -> Engine:
    engine = create_engine(
        url, poolclass=NullPool, hide_parameters=True, connect_args={"timeout": _WAIT}
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        connection.isolation_level = None  # we begin transactions ourselves, below
        _write_ahead(connection)
        connection.execute("PRAGMA synchronous=FULL").close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        reads = connection.get_execution_options().get("cardwise_reads")
        # a writer that begins as a reader could find the file changed under it when it writes
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Have the file keep a write-ahead log: the one thing for which SQLite waits for nobody.

    Raises:
        OperationalError: other processes have been using the file for seconds.
    """
    end = time.monotonic() + _WAIT
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(_AGAIN)
        else:
            return


def _postgresql(url: URL) -> Engine:
    engine = create_engine(
        url,
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={
            "connect_timeout": _WAIT,
            "application_name": "cardwise",
            "keepalives_idle": 10,
            "tcp_user_timeout": 10_000,  # milliseconds after which silence is a lost connection
        },
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        # what is acknowledged must be on disk, whatever the server is set to
        connection.execute(
            "SELECT set_config('synchronous_commit', 'on', false) "
            "WHERE current_setting('synchronous_commit') = 'off'"
        )
        connection.commit()

    return engine


def folder_of(url: URL) -> Path:
    """The folder of an SQLite file; for PostgreSQL, `data`, where a development key is kept."""
    return Path(url.database or "").parent if url.drivername == "sqlite" else Path("data")
