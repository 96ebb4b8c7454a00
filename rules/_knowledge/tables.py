"""Reading a shipped table: tab-separated, `#` lines of provenance, then column names, then rows.

Beside a built table there may be `NAME_cc_by_sa.tsv`, on other terms, and `NAME_reviewed.tsv`, kept
by hand: its rows are added, and win over built ones that begin with the same two cells.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

SHIPPED: Final = Path(__file__).parent / "tables"
SHARE_ALIKE: Final = "_cc_by_sa"
REVIEWED: Final = "_reviewed"


def lines(folder: Path, name: str) -> list[str]:
    """The rows of a table and of its companions, as far as there are any, unsplit."""
    built = _body(folder / f"{name}.tsv") + _companion(folder, name, SHARE_ALIKE)
    reviewed = _companion(folder, name, REVIEWED)
    if not reviewed:
        return built
    changed = {_key(line) for line in reviewed}
    return [*(line for line in built if _key(line) not in changed), *reviewed]


def rows(folder: Path, name: str) -> Iterator[list[str]]:
    """The rows of a table, split into columns."""
    return (line.split("\t") for line in lines(folder, name))


def _companion(folder: Path, name: str, kind: str) -> list[str]:
    path = folder / f"{name}{kind}.tsv"
    return _body(path) if path.exists() else []


def _key(line: str) -> tuple[str, ...]:
    return tuple(line.split("\t", 2)[:2])


def _body(path: Path) -> list[str]:
    content = path.read_text(encoding="utf-8").splitlines()
    start = next(place for place, line in enumerate(content) if not line.startswith("#"))
    return content[start + 1 :]
