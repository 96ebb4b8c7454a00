"""Databases brought up to date: old ones without loss, new ones by one process, newer ones not."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from hooks.errors import ConfigurationError
from service.settings import Settings
from service.store.database import open_engine
from service.store.keys import AuditKey, development_key
from service.store.migrate import REVISIONS, bring_up_to_date
from service.store.store import Store
from service.store.tables import FEEDBACK, METADATA
from tests.service.store.cluster import Cluster
from tests.service.store.kept import rows, run

KEY = AuditKey("k" * 32)
# The file as it was before there were revisions, with a piece of feedback.
OLD = """
CREATE TABLE feedback (
    identity TEXT PRIMARY KEY,
    service TEXT NOT NULL,
    card TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('accepted', 'overridden')),
    suggestions TEXT NOT NULL,
    reason_system TEXT,
    reason_code TEXT,
    reason_display TEXT,
    comment TEXT,
    extension TEXT,
    acted_at TEXT NOT NULL,
    received_at TEXT NOT NULL
) STRICT;
CREATE INDEX feedback_by_card ON feedback (card);
INSERT INTO feedback VALUES ('id', 'order-safety', 'card', 'overridden', '', 's', 'c', 'd', 'why',
    '{"a": 1}', '2026-11-20T09:06:00+00:00', '2026-11-21T09:30:00.5+00:00');
"""


def test_it_has_the_tables_that_the_code_knows(database: str) -> None:
    """What the scripts make is what `tables.py` says, on both databases."""
    engine = open_engine(database)
    bring_up_to_date(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_every_script_is_known() -> None:
    """The revisions named in the code are those there are, in their order."""
    config = Config()
    config.set_main_option("script_location", "service:store/migrations")
    scripts = ScriptDirectory.from_config(config).walk_revisions()
    assert [script.revision for script in scripts][::-1] == list(REVISIONS)


def test_an_old_file_keeps_its_feedback(tmp_path: Path) -> None:
    """A file of the first schema is brought up to date, and loses nothing."""
    path = str(tmp_path / "old.sqlite")
    with sqlite3.connect(path) as connection:
        connection.executescript(OLD)
    connection.close()
    bring_up_to_date(open_engine(path))
    (row,) = rows(path, FEEDBACK)
    assert (row["identity"], row["comment"], row["extension"]) == ("id", "why", '{"a": 1}')
    assert row["received_at"].isoformat() == "2026-11-21T09:30:00.500000+00:00"
    assert (row["tenant"], row["rule"]) == (None, None)
    with open_engine(path).connect() as connected:
        assert compare_metadata(MigrationContext.configure(connected), METADATA) == []


def test_it_is_done_once(database: str) -> None:
    """A second start finds nothing to do."""
    for _ in range(2):
        bring_up_to_date(open_engine(database))
    with open_engine(database).connect() as connection:
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
    assert found == [REVISIONS[-1]]


def test_many_may_start_at_once(database: str) -> None:
    """Of twelve that find an empty database, one makes the tables, and all can use them."""
    with ThreadPoolExecutor(12) as pool:
        engines = list(pool.map(lambda _: open_engine(database), range(12)))
        assert list(pool.map(bring_up_to_date, engines)) == [None] * 12


def test_many_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    """SQLite does not wait for others when it begins a write-ahead log; we do."""
    with ThreadPoolExecutor(12) as pool:
        for number in range(20):
            engines = [open_engine(str(tmp_path / f"{number}.sqlite")) for _ in range(12)]
            assert list(pool.map(bring_up_to_date, engines)) == [None] * 12


def test_a_file_is_for_its_owner(tmp_path: Path) -> None:
    """Nobody else on the machine can read what is kept, nor the journal beside it."""
    path = tmp_path / "data" / "x.sqlite"
    bring_up_to_date(open_engine(str(path)))
    with open_engine(str(path)).begin() as connection:
        connection.execute(text("PRAGMA user_version = 1"))
        modes = [file.stat().st_mode & 0o777 for file in path.parent.iterdir()]
    assert modes == [0o600] * 3


def test_a_newer_database_is_left_alone(database: str) -> None:
    """An older program does not touch what it does not know; it says which version is needed."""
    bring_up_to_date(open_engine(database))
    run(database, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ConfigurationError, match=r"revision 9999, and this version .* knows 0002"):
        Store(database, KEY)


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"no database, but a text that is long enough", "file is not a database"), (None, "open")],
)
def test_a_file_that_is_none(tmp_path: Path, content: bytes | None, told: str) -> None:
    """A file of another kind, or a folder, is told of in a line."""
    path = tmp_path / "x"
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=told) as refusal:
        Store(str(path), KEY)
    assert str(refusal.value).startswith("CARDWISE_DATABASE: ")
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://cardwise:s3cret@127.0.0.1:1/cardwise",
        "mysql://cardwise:s3cret@127.0.0.1/cardwise",
        "postgresql://cardwise:s3cret@127.0.0.1:port/cardwise",
        "sqlite://",
    ],
)
def test_a_password_is_never_told(url: str) -> None:
    """What cannot be reached, or is no database of ours, is told of without the password."""
    with pytest.raises(ConfigurationError) as refusal:
        Store(url, KEY)
    assert str(refusal.value).startswith("CARDWISE_DATABASE: ")
    assert "s3cret" not in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_wrong_name_is_told(cluster: Cluster) -> None:
    """PostgreSQL's own words for what is wrong, in one line."""
    url = f"postgresql://postgres:s3cret@/nowhere?host={cluster.folder}"
    with pytest.raises(ConfigurationError, match='database "nowhere" does not exist') as refusal:
        Store(url, KEY)
    assert "s3cret" not in str(refusal.value)


def test_settings_do_not_show_secrets() -> None:
    """Neither the URL nor the key is in what settings print."""
    url = "postgresql://cardwise:s3cret@db/cardwise"
    settings: Any = Settings(database=url, audit_key="s3cret" * 9)
    assert "s3cret" not in f"{settings!r} {settings}"


def test_development_makes_its_own_key(tmp_path: Path) -> None:
    """It lies beside the database for its owner only, and every process finds the same."""
    database = str(tmp_path / "data" / "cardwise.sqlite")
    with ThreadPoolExecutor(8) as pool:
        hashes = set(
            pool.map(lambda _: development_key(database).hashed("t", "patient", "1"), range(8))
        )
    assert len(hashes) == 1
    (file,) = (tmp_path / "data").iterdir()
    assert (file.name, file.stat().st_mode & 0o777) == ("audit.key", 0o600)


def test_a_key_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """A folder that is a file is told of in a line, with the setting that helps."""
    (tmp_path / "data").write_text("")
    with pytest.raises(ConfigurationError, match="set CARDWISE_AUDIT_KEY"):
        development_key(str(tmp_path / "data" / "x.sqlite"))
