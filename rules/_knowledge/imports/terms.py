"""Imported terms: a full RxNorm on disk, with the shipped tables behind it."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from rules._knowledge.allergens import ListRow
from rules._knowledge.imports.database import opened
from rules._knowledge.ndc import eleven
from rules._knowledge.terms import Ingredients, Term, Terms, base_of

_REMEMBERED: Final = 8192


class Source(NamedTuple):
    """One imported release.

    Attributes:
        name: "RxNorm", or an allergen list's URL.
        kind: "rxnorm" or "allergens".
        version: the release.
        file: the file it was read from.
        imported_at: when, ISO.
        held: how many codes it gave.
        left_out: how many of its codes could not be understood.
    """

    name: str
    kind: str
    version: str
    file: str
    imported_at: str
    held: int
    left_out: int


class ImportedTerms:
    """What was imported wins; what it does not have is looked up in the shipped tables."""

    def __init__(self, path: Path, shipped: Terms) -> None:
        """Open the file.

        Raises:
            KnowledgeError: it is not there, or not of this format.
        """
        self._database = opened(path)
        self._shipped = shipped
        self.path = path
        self.term = lru_cache(_REMEMBERED)(self._term)
        query = "SELECT max(length(name) - length(replace(name, ' ', ''))) FROM name"
        (spaces,) = self._database.execute(query).fetchone()
        self.longest = max((spaces or 0) + 1, shipped.longest)

    def _term(self, rxcui: str) -> Term | None:
        """What a code stands for."""
        row = self._row("SELECT tty, name, base FROM term WHERE rxcui = ?", rxcui)
        return Term(row[0], row[1], base_of(row[2])) if row else self._shipped.term(rxcui)

    def named(self, name: str) -> Ingredients:
        """The base ingredients of a normalised ingredient or brand name; empty when unknown."""
        base = self._one("SELECT base FROM name WHERE name = ?", name)
        return base_of(base) if base else self._shipped.named(name)

    def unii(self, code: str) -> Ingredients:
        """The base ingredients of a UNII; empty when unknown."""
        base = self._one("SELECT base FROM unii WHERE code = ?", code)
        return base_of(base) if base else self._shipped.unii(code)

    def ndc(self, code: str) -> str:
        """The RxNorm code of a National Drug Code as written; "" when it is not known."""
        rxcui = self._one("SELECT rxcui FROM ndc WHERE code = ?", eleven(code))
        return rxcui or self._shipped.ndc(code)

    def names(self) -> Iterator[tuple[str, str]]:
        """Every code with its name."""
        seen = set()
        for code, name in self._database.execute("SELECT rxcui, name FROM term"):
            seen.add(code)
            yield code, name
        yield from (pair for pair in self._shipped.names() if pair[0] not in seen)

    def allergen(self, system: str, code: str) -> ListRow | None:
        """What an imported list says of a code."""
        row = self._row(
            "SELECT display, kind, targets, scope FROM allergen WHERE system = ? AND code = ?",
            system,
            code,
        )
        return ListRow(*row) if row else None

    def sources(self) -> list[Source]:
        """What was imported, in the order of names."""
        return [
            Source(*row) for row in self._database.execute("SELECT * FROM source ORDER BY name")
        ]

    def _row(self, query: str, *values: str) -> tuple[str, ...] | None:
        found: tuple[str, ...] | None = self._database.execute(query, values).fetchone()
        return found

    def _one(self, query: str, value: str) -> str:
        row = self._row(query, value)
        return row[0] if row else ""

    def close(self) -> None:
        """Close the file."""
        self._database.close()
