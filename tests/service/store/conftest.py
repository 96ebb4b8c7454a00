"""The same tests on SQLite and on PostgreSQL."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from service.settings import Settings
from tests.callers import Clock
from tests.door import Door, opened
from tests.service.store import cluster as clusters
from tests.service.store.cluster import Cluster


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server; where none is installed the test is skipped, but not in CI."""
    programs = clusters.binaries()
    if programs is None:
        why = "PostgreSQL is not installed: no /usr/lib/postgresql/*/bin, no initdb on the path"
        if os.environ.get("CARDWISE_CI") == "1":
            pytest.fail(why)
        pytest.skip(why)
    with clusters.running(programs) as found:
        yield found


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty database is: a path, or a URL."""
    if request.param == "sqlite":
        return str(tmp_path / "kept" / "cardwise.sqlite")
    found: Cluster = request.getfixturevalue("cluster")
    return found.database()


@pytest.fixture
def settings(settings: Settings, database: str) -> Settings:
    """Development settings with that database."""
    return settings.model_copy(update={"database": database, "audit_key": "k" * 32})


@pytest.fixture
async def door(tmp_path: Path, clock: Clock, database: str) -> AsyncIterator[Door]:
    """The service with tenants, and with that database."""
    async with opened(tmp_path, clock, database=database) as found:
        yield found
