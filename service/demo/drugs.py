"""Finding a drug by name as one types, among the products of the shipped knowledge."""

from functools import cache
from typing import Final, NamedTuple

from rules._knowledge import tables
from rules._knowledge.names import words
from service.demo.orders import LONGEST

MOST: Final = 12
_KINDS: Final = {"SCD": "generic", "GPCK": "generic pack", "SBD": "brand", "BPCK": "brand pack"}
_CURRENT: Final = "c"


class Product(NamedTuple):
    """A product: its RxNorm code and full name, with strength and form, and what kind it is."""

    code: str
    name: str
    kind: str


def search(text: str) -> list[Product]:
    """Products whose words begin with all the words of the text, the plainest first."""
    wanted = [f" {word}" for word in words(text[:LONGEST])]
    if not wanted:
        return []
    found = [entry for entry in _index() if all(word in entry[0] for word in wanted)]
    found.sort(key=lambda entry: (not entry[0].startswith(wanted[0]), entry[1]))
    return [product for _, _, product in found[:MOST]]


@cache
def _index() -> list[tuple[str, tuple[bool, int, str], Product]]:
    """Each product with its words, each after a blank, and its place in the order."""
    index = []
    for line in tables.lines(tables.SHIPPED, "products"):
        code, kind, name, _, status, *_ = line.split("\t")
        if kind in _KINDS and status == _CURRENT:
            place = (kind != "SCD", len(name), name)
            folded = "".join(f" {word}" for word in words(name))
            index.append((folded, place, Product(code, name, _KINDS[kind])))
    return index
