"""Terms: what RxNorm says of each code and name, as shipped with the project."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from rules._knowledge import tables
from rules._knowledge.names import normal
from rules._knowledge.ndc import NdcCodes

Ingredients = tuple[str, ...]


class Term(NamedTuple):
    """One RxNorm concept.

    Attributes:
        tty: its term type, such as IN, SCD or BN.
        name: its name.
        base: its base ingredients (RxNorm IN), sorted.
    """

    tty: str
    name: str
    base: Ingredients


class Terms(Protocol):
    """Whatever knows RxNorm: the shipped tables, or an imported release in front of them."""

    def term(self, rxcui: str) -> Term | None:
        """What a code stands for."""

    def named(self, name: str) -> Ingredients:
        """The base ingredients of a normalised ingredient or brand name; empty when unknown."""

    def unii(self, code: str) -> Ingredients:
        """The base ingredients of a UNII; empty when unknown."""

    def ndc(self, code: str) -> str:
        """The RxNorm code of a National Drug Code as written; "" when it is not known."""

    def names(self) -> Iterator[tuple[str, str]]:
        """Every code with its name."""

    @property
    def longest(self) -> int:
        """The most words a known name has."""


class ShippedTerms:
    """The shipped tables, in memory."""

    def __init__(self, folder: Path) -> None:
        """Read them."""
        self._products = dict(_keyed(tables.lines(folder, "products")))
        self._ingredients: dict[str, Term] = {}
        self._by_unii: dict[str, Ingredients] = {}
        self._by_name: dict[str, Ingredients] = {}
        for code, tty, name, base, unii, *_ in tables.rows(folder, "ingredients"):
            found = Term(tty, name, base_of(base))
            self._ingredients[code] = found
            self._by_name.setdefault(normal(name), found.base)
            if unii:
                self._by_unii[unii] = found.base
        self._add_brands(folder)
        self._ndc = NdcCodes(folder / "ndc.txt")
        self.longest = max(name.count(" ") for name in self._by_name) + 1

    def _add_brands(self, folder: Path) -> None:
        for rest in self._products.values():
            if rest.startswith("BN\t"):
                _, name, codes, _ = rest.split("\t", 3)
                self._by_name.setdefault(normal(name), base_of(codes))
        for name, codes, _ in tables.rows(folder, "brands"):
            self._by_name.setdefault(name, base_of(codes))

    def term(self, rxcui: str) -> Term | None:
        """What a code stands for."""
        if found := self._ingredients.get(rxcui):
            return found
        if rest := self._products.get(rxcui):
            tty, name, codes, _ = rest.split("\t", 3)
            return Term(tty, name, base_of(codes))
        return None

    def named(self, name: str) -> Ingredients:
        """The base ingredients of a normalised ingredient or brand name; empty when unknown."""
        return self._by_name.get(name, ())

    def unii(self, code: str) -> Ingredients:
        """The base ingredients of a UNII; empty when unknown."""
        return self._by_unii.get(code, ())

    def ndc(self, code: str) -> str:
        """The RxNorm code of a National Drug Code as written; "" when it is not known."""
        return self._ndc.rxcui(code)

    def names(self) -> Iterator[tuple[str, str]]:
        """Every code with its name."""
        yield from ((code, found.name) for code, found in self._ingredients.items())
        yield from ((code, rest.split("\t", 2)[1]) for code, rest in self._products.items())


def base_of(codes: str) -> Ingredients:
    """The ingredients of a table's cell: codes joined by `|`."""
    return tuple(sorted(codes.split("|"))) if "|" in codes else (codes,)


def _keyed(lines: Iterable[str]) -> Iterator[list[str]]:
    return (line.split("\t", 1) for line in lines)
