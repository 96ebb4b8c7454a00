"""Which drug knowledge a tenant's calls are checked with."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from hooks.errors import ConfigurationError
from prefetch.coding import Coding, Concept
from prefetch.systems import RXNORM
from rules._knowledge import Knowledge
from rules._knowledge.imports.database import import_release
from rules._knowledge.imports.rxnorm import read_release
from service.knowledge import KnowledgeInUse
from tests.rules.imports.rrf import release

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
PACK = Concept((Coding(RXNORM, "900041"),))


def put(path: Path) -> None:
    """Import the small release into a file."""
    archive = release(path.with_suffix(".zip"))
    import_release(path, read_release(archive), archive.name, "2026-01-05", NOW)


def test_without_a_file_what_ships_is_used() -> None:
    """Nothing set, the shipped knowledge serves."""
    assert KnowledgeInUse(None).read() is Knowledge.shipped()


def test_a_file_is_read_once_until_it_is_another(tmp_path: Path) -> None:
    """The same file is not read again; one that an import put in its place is."""
    path = tmp_path / "knowledge.sqlite"
    put(path)
    in_use = KnowledgeInUse(path)
    first = in_use.read()
    assert first.drug(PACK) is not None
    assert in_use.read() is first
    put(path)
    assert in_use.read() is not first


@pytest.mark.parametrize("content", [None, b"no database"], ids=["missing", "something else"])
def test_a_file_that_cannot_be_used_names_the_remedy(tmp_path: Path, content: bytes | None) -> None:
    """The setting is named, and the command that makes such a file."""
    path = tmp_path / "knowledge.sqlite"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(
        ConfigurationError, match=r"CARDWISE_KNOWLEDGE: .*cardwise knowledge import"
    ):
        KnowledgeInUse(path).read()
