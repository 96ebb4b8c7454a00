"""Reading a shipped table: tab-separated, `#` lines of provenance, then column names, then rows."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

SHIPPED: Final = Path(__file__).parent / "tables"
SHARE_ALIKE: Final = "_cc_by_sa"


def lines(folder: Path, name: str) -> list[str]:
    """The rows of a table and of its share-alike companion, if there is one, unsplit."""
    companion = folder / f"{name}{SHARE_ALIKE}.tsv"
    more = _body(companion) if companion.exists() else []
    return _body(folder / f"{name}.tsv") + more


def rows(folder: Path, name: str) -> Iterator[list[str]]:
    """The rows of a table, split into columns."""
    return (line.split("\t") for line in lines(folder, name))


def _body(path: Path) -> list[str]:
    content = path.read_text(encoding="utf-8").splitlines()
    start = next(place for place, line in enumerate(content) if not line.startswith("#"))
    return content[start + 1 :]
