"""Reading a shipped table: tab-separated, `#` lines of provenance, then column names, then rows.

Beside a built table there may be `NAME_cc_by_sa.tsv`, on other terms, and `NAME_reviewed.tsv`, kept
by hand: its rows come first, and win over built ones with the same key: the name of a brand, the
ends of a tie, or else the first two cells.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

SHIPPED: Final = Path(__file__).parent / "tables"
SHARE_ALIKE: Final = "_cc_by_sa"
REVIEWED: Final = "_reviewed"
# How many cells are a table's key, in any order, where it is not two.
_KEYS: Final = {"brands": 1}


def lines(folder: Path, name: str) -> list[str]:
    """The rows of a table and of its companions, as far as there are any, unsplit."""
    built = _body(folder / f"{name}.tsv") + _companion(folder, name, SHARE_ALIKE)
    reviewed = _companion(folder, name, REVIEWED)
    if not reviewed:
        return built
    changed = {_key(name, line) for line in reviewed}
    return [*reviewed, *(line for line in built if _key(name, line) not in changed)]


def rows(folder: Path, name: str) -> Iterator[list[str]]:
    """The rows of a table, split into columns."""
    return (line.split("\t") for line in lines(folder, name))


def _companion(folder: Path, name: str, kind: str) -> list[str]:
    path = folder / f"{name}{kind}.tsv"
    return _body(path) if path.exists() else []


def _key(name: str, line: str) -> frozenset[str]:
    return frozenset(line.split("\t", 2)[: _KEYS.get(name, 2)])


def _body(path: Path) -> list[str]:
    content = path.read_text(encoding="utf-8").splitlines()
    start = next(place for place, line in enumerate(content) if not line.startswith("#"))
    return content[start + 1 :]
