"""The simpler FHIRPath of prefetch tokens: paths, `ofType()`, `resolve()`, and `|`.

Standard: CDS Hooks 3.0.0-ballot, "Prefetch tokens containing Simpler FHIRPath". The general
FHIRPath libraries have no `resolve()` that could wait for a server, and take a millisecond where
this takes microseconds.

Evaluation is pure. What `resolve()` cannot find among the resources at hand is only as much as its
reference says, type and id, which is often enough; a path that goes deeper reports the reference as
wanted, and the caller reads it and evaluates again.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, NamedTuple

from hooks.errors import ConfigurationError
from prefetch.coding import as_list
from prefetch.references import Resource, bare, contained, target

_NAME: Final = r"[A-Za-z_][A-Za-z0-9_-]*"
_PATH: Final = re.compile(
    rf"(?:%{_NAME}|context)(?:\.(?:{_NAME}|ofType\(\s*[A-Z][A-Za-z]*\s*\)|resolve\(\)))+"
)
_STEP: Final = re.compile(rf"ofType\(\s*([A-Z][A-Za-z]*)\s*\)|(resolve)\(\)|({_NAME})")
# A resource of which only the reference is known carries it here; FHIR has no such element.
_UNREAD: Final = "\0reference"


class Step(NamedTuple):
    """One step of a path: a member's name, or a function with its argument."""

    function: str
    argument: str


@dataclass(frozen=True, slots=True)
class Path:
    """A parsed path.

    Attributes:
        root: `context`, or the key of an earlier prefetch.
        steps: what follows it.
    """

    root: str
    steps: tuple[Step, ...]

    @property
    def is_plain(self) -> bool:
        """Whether it is one field of the context, which every client can resolve."""
        return self.root == "context" and [s.function for s in self.steps] == ["member"]


@dataclass(slots=True)
class Scope:
    """What a path can reach.

    Attributes:
        roots: the context's fields, and earlier prefetch results as Bundles or resources.
        known: resources at hand, by `Type/id` and by the end of a URN.
        wanted: references that a path had to look into and could not.
    """

    roots: Mapping[str, Any]
    known: Mapping[str, Resource]
    wanted: set[str] = field(default_factory=set)


@lru_cache(maxsize=512)
def parse(expression: str) -> tuple[Path, ...]:
    """The paths of an expression, which are alternatives united by `|`.

    Raises:
        ConfigurationError: it is not within the subset that prefetch tokens may use.
    """
    return tuple(_parse_path(part.strip()) for part in expression.split("|"))


def evaluate(paths: Iterable[Path], scope: Scope) -> list[str]:
    """The distinct simple values the paths lead to, as text, in order."""
    values: dict[str, None] = {}
    for path in paths:
        items = _start(path, scope)
        for step in path.steps:
            items = list(_FUNCTIONS[step.function](items, step.argument, scope))
        values |= dict.fromkeys(_simple(item) for _, item in items)
    return [value for value in values if value]


# An item goes with the resource it lies in, for the sake of its contained resources.
_Item = tuple[Resource, Any]


def _parse_path(text: str) -> Path:
    if not _PATH.fullmatch(text):
        raise ConfigurationError(
            f"{text!r} is no path that prefetch tokens may have: a context field or %key, followed "
            "by element names, ofType(ResourceType) or resolve()"
        )
    root, _, rest = text.partition(".")
    steps = tuple(_step(*match.groups()) for match in _STEP.finditer(rest))
    return Path(root.removeprefix("%"), steps)


def _step(kind: str | None, resolve: str | None, name: str | None) -> Step:
    if kind:
        return Step("ofType", kind)
    return Step("resolve", "") if resolve else Step("member", name or "")


def _start(path: Path, scope: Scope) -> list[_Item]:
    return [({}, item) for item in as_list(scope.roots.get(path.root))]


def _member(items: Iterable[_Item], name: str, scope: Scope) -> Iterator[_Item]:
    for owner, item in items:
        if not isinstance(item, dict):
            continue
        if _UNREAD in item and name not in item:
            scope.wanted.add(item[_UNREAD])
            continue
        home = item if "resourceType" in item else owner
        yield from ((home, value) for value in as_list(_element(item, name)))


def _element(item: Resource, name: str) -> Any:
    """An element by its name; `medication` also finds `medicationReference`."""
    if name in item:
        return item[name]
    longer = (k for k in item if k.startswith(name) and k[len(name) : len(name) + 1].isupper())
    return next((item[key] for key in longer), None)


def _of_type(items: Iterable[_Item], kind: str, _scope: Scope) -> Iterator[_Item]:
    for owner, item in items:
        if isinstance(item, dict) and item.get("resourceType") == kind:
            yield owner, item


def _resolve(items: Iterable[_Item], _: str, scope: Scope) -> Iterator[_Item]:
    for owner, item in items:
        reference = item if isinstance(item, str) else target(item)
        if not reference:
            continue
        found = _look_up(owner, reference, scope)
        if found is not None:
            yield owner, found


def _look_up(owner: Resource, reference: str, scope: Scope) -> Resource | None:
    if reference.startswith("#"):
        return contained(owner, reference)
    name = bare(reference)
    if name in scope.known:
        return scope.known[name]
    kind, _, found = name.rpartition("/")
    if not kind:  # a URN that nothing at hand answers to cannot be read either
        return None
    return {"resourceType": kind, "id": found, _UNREAD: name}


def _simple(item: Any) -> str:
    if isinstance(item, bool):
        return "true" if item else "false"
    return str(item) if isinstance(item, str | int | float) else ""


_FUNCTIONS: Final[dict[str, Callable[[Iterable[_Item], str, Scope], Iterator[_Item]]]] = {
    "member": _member,
    "ofType": _of_type,
    "resolve": _resolve,
}
