"""The file of imported knowledge: SQLite, written beside the old one and put in its place whole.

Whoever has the old file open goes on reading it; a reload opens the new one.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from hooks.errors import KnowledgeError
from rules._knowledge.imports.allergen_lists import AllergenList
from rules._knowledge.imports.rxnorm import Release
from rules._knowledge.names import normal

FORMAT: Final = "1"
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS source (
    name TEXT PRIMARY KEY, kind TEXT NOT NULL, version TEXT NOT NULL, file TEXT NOT NULL,
    imported_at TEXT NOT NULL, held INTEGER NOT NULL, left_out INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS term (
    rxcui TEXT PRIMARY KEY, tty TEXT NOT NULL, name TEXT NOT NULL, base TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS name (
    name TEXT PRIMARY KEY, base TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS unii (
    code TEXT PRIMARY KEY, base TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ndc (
    code TEXT PRIMARY KEY, rxcui TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS allergen (
    system TEXT NOT NULL, code TEXT NOT NULL, display TEXT NOT NULL, kind TEXT NOT NULL,
    targets TEXT NOT NULL, scope TEXT NOT NULL, source TEXT NOT NULL,
    PRIMARY KEY (system, code)
) STRICT, WITHOUT ROWID;
"""
_RXNORM: Final = "RxNorm"
_NAMING: Final = frozenset({"IN", "PIN", "BN"})


def import_release(path: Path, release: Release, file: str, version: str, now: datetime) -> None:
    """Put an RxNorm release in the place of the one there is; allergen lists stay.

    Args:
        path: the file of imported knowledge; made when it is not there.
        release: what was read.
        file: the name of the zip it was read from.
        version: its release date, as the file names tell it.
        now: the time of the import.
    """
    with _replacing(path) as database:
        for table in ("term", "name", "unii", "ndc"):
            database.execute(f"DELETE FROM {table}")  # noqa: S608 - names of ours
        terms = release.terms.items()
        database.executemany(
            "INSERT INTO term VALUES (?, ?, ?, ?)",
            ((code, term.tty, term.name, "|".join(term.base)) for code, term in terms),
        )
        database.executemany("INSERT OR IGNORE INTO name VALUES (?, ?)", _names(release))
        database.executemany("INSERT INTO unii VALUES (?, ?)", _based(release, release.uniis))
        known = ((ndc, code) for ndc, code in release.ndcs.items() if code in release.terms)
        database.executemany("INSERT INTO ndc VALUES (?, ?)", known)
        row = (_RXNORM, "rxnorm", version, file, now.isoformat(), len(release.terms), 0)
        database.execute("INSERT OR REPLACE INTO source VALUES (?, ?, ?, ?, ?, ?, ?)", row)


def import_list(path: Path, found: AllergenList, file: str, now: datetime) -> None:
    """Put an allergen list in the place of the one with the same URL; all else stays."""
    with _replacing(path) as database:
        database.execute("DELETE FROM allergen WHERE source = ?", (found.url,))
        rows = (
            (
                entry.coding.system,
                entry.coding.code,
                entry.coding.display,
                entry.allergen.kind,
                "|".join(_targets(entry.allergen.ingredients, entry.allergen.classes)),
                entry.allergen.scope,
                found.url,
            )
            for entry in found.entries
        )
        database.executemany("INSERT OR REPLACE INTO allergen VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        held = (len(found.entries), found.unknown)
        row = (found.url, "allergens", found.version, file, now.isoformat(), *held)
        database.execute("INSERT OR REPLACE INTO source VALUES (?, ?, ?, ?, ?, ?, ?)", row)


@contextmanager
def _replacing(path: Path) -> Iterator[sqlite3.Connection]:
    """A copy of the file to write to, which takes its place when the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(beside)) as database:
            if path.exists():
                with closing(opened(path)) as there:
                    there.backup(database)
            database.executescript(_SCHEMA)
            database.execute(f"PRAGMA user_version = {FORMAT}")
            with database:
                yield database
            database.execute("VACUUM")
        _synced(beside)
        beside.replace(path)
        _synced(path.parent)
    except sqlite3.Error as error:
        raise KnowledgeError(f"{path}: {error}; the file there is left as it was") from None
    finally:
        beside.unlink(missing_ok=True)


def opened(path: Path) -> sqlite3.Connection:
    """The file, to be read only.

    Raises:
        KnowledgeError: it is not there, or not of this format.
    """
    try:
        database = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
        )
        (found,) = database.execute("PRAGMA user_version").fetchone()
    except sqlite3.Error as error:
        raise KnowledgeError(f"{path}: {error}; make it with `cardwise knowledge import`") from None
    if str(found) != FORMAT:
        database.close()
        raise KnowledgeError(
            f"{path}: expected format {FORMAT}, found {found}; import the releases again"
        )
    return database


def _names(release: Release) -> Iterator[tuple[str, str]]:
    """Normalised names of drugs: ingredients before brands, names before synonyms."""
    ranked = sorted(
        (term.tty != "IN", term.tty != "PIN", normal(term.name), "|".join(term.base))
        for term in release.terms.values()
        if term.tty in _NAMING
    )
    yield from ((name, base) for *_, name, base in ranked)
    for name, code in release.synonyms:
        if code in release.terms:
            yield normal(name), "|".join(release.terms[code].base)


def _based(release: Release, codes: dict[str, str]) -> Iterator[tuple[str, str]]:
    for code, rxcui in codes.items():
        if term := release.terms.get(rxcui):
            yield code, "|".join(term.base)


def _targets(ingredients: Iterable[str], classes: Iterable[str]) -> list[str]:
    return [*(f"rxcui:{code}" for code in ingredients), *(f"class:{name}" for name in classes)]


def _synced(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
