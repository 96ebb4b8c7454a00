"""Brings a database up to date, once, however many processes start at the same time."""

import logging
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from hooks.errors import ConfigurationError
from service.store.database import VARIABLE, told

# Every revision there is, oldest first. Known here so that Alembic, 0.1 s and 9 MB, is imported
# only when there is something to migrate.
REVISIONS: Final = ("0001", "0002")
_LOCK: Final = 0x0CA2D315E  # any number that is ours: PostgreSQL's advisory lock
_log: Final = logging.getLogger("cardwise.store")


def bring_up_to_date(engine: Engine) -> None:
    """Make the tables, or change them to what they are today.

    Raises:
        ConfigurationError: the database cannot be reached or written, or is newer than this code.
    """
    try:
        if engine.dialect.name == "sqlite":
            _make_file(Path(engine.url.database or ""))
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            _upgrade(connection)
    except (SQLAlchemyError, OSError) as error:
        raise told(error, engine) from None


def _make_file(path: Path) -> None:
    """Make an SQLite file that only its owner reads; its journal's files take after it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.touch(0o600)


def _upgrade(connection: Connection) -> None:
    found = _revision(connection)
    if found == REVISIONS[-1]:
        return
    if found and found not in REVISIONS:
        raise ConfigurationError(
            f"{VARIABLE}: this database is at revision {found}, and this version of Cardwise knows "
            f"{REVISIONS[-1]} at most; start the newer version again, or set another database"
        )
    run_scripts(connection)
    if found:
        _log.info("database brought from revision %s to %s", found, REVISIONS[-1])


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return str(found) if found else None


def run_scripts(connection: Connection, target: str = "head") -> None:
    """Run the migrations up to a revision, inside the connection's transaction."""
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it speaks as soon as it is imported
    from alembic import command  # noqa: PLC0415 - see REVISIONS
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    scripts = str(Path(__file__).parent / "migrations")
    config.set_main_option("script_location", scripts.replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, target)
