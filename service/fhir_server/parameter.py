"""What a search parameter is: a kind, and the elements of the resource it looks at."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from service.fhir_server.outcome import Json

Kind = Literal["token", "reference", "date", "string"]


@dataclass(frozen=True)
class Parameter:
    """One search parameter: its kind, the elements it looks at, and the only type it may name.

    A path is a dotted name; `value[x]` stands for every type the element may have.
    """

    kind: Kind
    paths: tuple[tuple[str, ...], ...]
    target: str = ""

    def elements(self, resource: Json) -> list[object]:
        """The elements of the resource this parameter looks at."""
        return [found for path in self.paths for found in _follow([resource], path)]


def _follow(nodes: Iterable[object], path: tuple[str, ...]) -> Iterable[object]:
    for name in path:
        nodes = [child for node in nodes for child in _children(node, name)]
    return nodes


def _children(node: object, name: str) -> Iterator[object]:
    if not isinstance(node, dict):
        return
    stem = name.removesuffix("[x]")
    for key, value in node.items():
        if key == stem or (stem != name and key.startswith(stem) and key[len(stem)].isupper()):
            yield from value if isinstance(value, list) else [value]


def _parameter(kind: Kind, path: str, target: str = "") -> Parameter:
    return Parameter(kind, tuple(tuple(p.strip().split(".")) for p in path.split("|")), target)


def token(path: str) -> Parameter:
    """A code, Coding, CodeableConcept, Identifier, ContactPoint or boolean."""
    return _parameter("token", path)


def date(path: str) -> Parameter:
    """A date, dateTime, instant, Period or Timing."""
    return _parameter("date", path)


def string(path: str) -> Parameter:
    """A string, or the parts of a HumanName or Address."""
    return _parameter("string", path)


def reference(path: str, target: str = "") -> Parameter:
    """A Reference, to `target` alone if that is given."""
    return _parameter("reference", path, target)


def patient(path: str = "subject") -> Parameter:
    """A Reference that counts only when it names a Patient."""
    return reference(path, "Patient")
