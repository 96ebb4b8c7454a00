"""Prefetch templates: from a template and what is known to the request it stands for.

Standard: CDS Hooks 3.0.0-ballot, "Prefetch Template", "Prefetch tokens" and "Prefetch tokens
containing Simpler FHIRPath". A token is one of

| token | stands for |
|---|---|
| `context.field`, `context.draftOrders.entry…` | values from the hook's context |
| `%earlierKey.entry.resource…` | values from the data under another key |
| `path&#124;path` | the values of both |
| `userPractitionerId` and its three siblings | the user's id, when the user is one |
| `today()`, `today() - 90 days` | a day |

Several values are joined by commas, which in a search means "or". Each is percent-encoded.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import hooks
from hooks.errors import ConfigurationError
from hooks.request import Context
from prefetch import fhirpath
from prefetch.data import Data
from prefetch.references import Resource
from prefetch.states import Reason

_TOKEN: Final = re.compile(r"\{\{(.*?)\}\}")
_TODAY: Final = re.compile(r"today\(\)(?:\s*([+-])\s*(\d{1,5})\s*days?)?")
_USER_TYPES: Final = {
    "userPractitionerId": "Practitioner",
    "userPractitionerRoleId": "PractitionerRole",
    "userPatientId": "Patient",
    "userRelatedPersonId": "RelatedPerson",
}


@dataclass(frozen=True, slots=True)
class Sources:
    """What tokens take their values from.

    Attributes:
        context: the hook's context.
        today: the day `today()` stands for.
        earlier: the data under the keys a template depends on.
        known: resources at hand, for `resolve()`.
    """

    context: Context
    today: date
    earlier: Mapping[str, Data] = field(default_factory=dict)
    known: Mapping[str, Resource] = field(default_factory=dict)


class Filled(NamedTuple):
    """What became of a template.

    Attributes:
        query: the relative FHIR request; "" when there is none to send.
        reason: why there is none; None beside an empty query means that the answer is known to be
            empty, because a token leads to nothing.
        wanted: references that must be read before the template can be filled.
    """

    query: str = ""
    reason: Reason | None = None
    wanted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Token:
    """One token: its text, and its paths where it has some."""

    text: str
    paths: tuple[fhirpath.Path, ...] = ()


@cache
def parse(template: str) -> tuple[Token, ...]:
    """The tokens of a template, in order.

    Raises:
        ConfigurationError: a token is not one we understand, or a brace is left open.
    """
    found = tuple(_parse(token.strip(), template) for token in _TOKEN.findall(template))
    if "{{" in _TOKEN.sub("", template):
        raise ConfigurationError(f"{template}: a token opens with {{{{ and never closes")
    return found


def tokens(template: str) -> tuple[str, ...]:
    """The texts of a template's tokens, in order.

    Raises:
        ConfigurationError: as `parse`.
    """
    return tuple(token.text for token in parse(template))


def dependencies(template: str) -> frozenset[str]:
    """The keys whose data a template needs."""
    paths = (path for token in parse(template) for path in token.paths)
    return frozenset(path.root for path in paths if path.root != "context")


def is_plain(template: str) -> bool:
    """Whether every client can fill it: fields of the context, user tokens and days, no paths."""
    return all(path.is_plain for token in parse(template) for path in token.paths)


def in_order(templates: Mapping[str, str]) -> list[str]:
    """The keys, each after those it depends on.

    Raises:
        ConfigurationError: a template depends on a key there is none of, or on itself.
    """
    ordered: dict[str, None] = {}

    def visit(key: str, trail: tuple[str, ...]) -> None:
        if key in trail:
            raise ConfigurationError(f"prefetch keys go round: {' -> '.join((*trail, key))}")
        if key not in templates:
            raise ConfigurationError(f"prefetch key {trail[-1]!r} depends on {key!r}: not declared")
        if key not in ordered:
            for needed in sorted(dependencies(templates[key])):
                visit(needed, (*trail, key))
            ordered[key] = None

    for key in templates:
        visit(key, ())
    return list(ordered)


def fill(template: str, sources: Sources) -> Filled:
    """The request a template stands for, as far as the sources say."""
    scope = fhirpath.Scope(_roots(template, sources), sources.known)
    pieces: list[str] = []
    position = 0
    for match, token in zip(_TOKEN.finditer(template), parse(template), strict=True):
        values = _values(token, sources, scope)
        if isinstance(values, Reason):
            return Filled(reason=values)
        in_path = "?" not in template[: match.start()]
        encoded = [_encoded(value, in_path) for value in values]
        if scope.wanted:
            return Filled(wanted=frozenset(scope.wanted))
        if not encoded:
            return Filled()
        if not all(encoded):
            return Filled(reason=Reason.NO_CONTEXT)
        pieces += [template[position : match.start()], ",".join(encoded)]
        position = match.end()
    return Filled("".join((*pieces, template[position:])))


def _parse(text: str, template: str) -> Token:
    if text in _USER_TYPES or _TODAY.fullmatch(text):
        return Token(text)
    try:
        paths = fhirpath.parse(text)
    except ConfigurationError as error:
        known = ", ".join([*_USER_TYPES, "today() - n days"])
        raise ConfigurationError(f"{template}: {error}; or one of {known}") from None
    for path in paths:
        if path.root == "context" and (not path.steps or path.steps[0].argument not in _fields()):
            fields = ", ".join(sorted(_fields()))
            raise ConfigurationError(f"{template}: no hook has {text!r}; contexts have {fields}")
    return Token(text, paths)


@cache
def _fields() -> frozenset[str]:
    """The fields that the contexts of published hooks have."""
    kinds = hooks.contexts().values()
    return frozenset(name for kind in kinds for name in kind.__struct_encode_fields__)


def _roots(template: str, sources: Sources) -> dict[str, Any]:
    """The context by its fields' published names, and earlier data as Bundles."""
    context = sources.context
    names = zip(context.__struct_encode_fields__, context.__struct_fields__, strict=True)
    roots: dict[str, Any] = {"context": {shown: getattr(context, own) for shown, own in names}}
    for key in dependencies(template):
        data = sources.earlier.get(key)
        if data is not None and data.obtained:
            roots[key] = _root(data)
    return roots


def _root(data: Data) -> Any:
    """A read's result is the resource itself, a search's a Bundle."""
    resources = list(data)
    if "?" not in data.need.template:
        return resources
    return {"resourceType": "Bundle", "entry": [{"resource": r} for r in resources]}


def _values(token: Token, sources: Sources, scope: fhirpath.Scope) -> Sequence[str] | Reason:
    """The values of a token, or why it has none to speak of."""
    if kind := _USER_TYPES.get(token.text):
        prefix, _, user = sources.context.user_id.rpartition("/")
        return [user] if prefix == kind else Reason.NO_CONTEXT
    if not token.paths:
        return [_day(token.text, sources.today).isoformat()]
    if reason := _unknown(token.paths, sources):
        return reason
    values = fhirpath.evaluate(token.paths, scope)
    if not values and all(path.is_plain for path in token.paths):
        return Reason.NO_CONTEXT  # that no encounter was named does not say that there is none
    return values


def _unknown(paths: Iterable[fhirpath.Path], sources: Sources) -> Reason | None:
    """Why what a path leads to cannot be known: the data it starts from is not whole."""
    for path in paths:
        if path.root != "context":
            data = sources.earlier.get(path.root)
            if data is None or not data.complete:
                return (data and data.reason) or Reason.NO_CONTEXT
    return None


def _encoded(value: str, in_path: bool) -> str:
    """The value percent-encoded; in a path, a reference keeps its slash.

    "" for what cannot stand in a path: a step up would lead the request elsewhere.
    """
    parts = value.split("/") if in_path else [value]
    if in_path and any(part in ("", ".", "..") for part in parts):
        return ""
    return "/".join(quote(part, safe="") for part in parts)


def _day(token: str, today: date) -> date:
    match = _TODAY.fullmatch(token)
    if match is None or match.group(1) is None:
        return today
    days = timedelta(days=int(match.group(2)))
    try:
        return today + days if match.group(1) == "+" else today - days
    except OverflowError:
        return date.max if match.group(1) == "+" else date.min
