r"""Whether a resource answers a criterion: one matcher per kind of search parameter.

Commas are OR and `\` escapes a separator, as FHIR's search page has it
(https://hl7.org/fhir/R4/search.html).
"""

import re
import unicodedata
from collections.abc import Callable
from typing import Final

from service.fhir_server.dates import Span, span, spans
from service.fhir_server.outcome import Json, bad_request
from service.fhir_server.parameter import Kind, Parameter

Predicate = Callable[[Json], bool]
_Matcher = Callable[[object], bool]

_MODIFIERS: Final[dict[Kind, frozenset[str]]] = {
    "token": frozenset({"not"}),
    "string": frozenset({"exact", "contains"}),
    "date": frozenset(),
    "reference": frozenset(),
}


def criterion(parameter: Parameter, modifier: str, text: str) -> Predicate:
    """The test that `name:modifier=text` puts to a resource."""
    if modifier == "missing":
        if text not in ("true", "false"):
            raise bad_request(f":missing is true or false, not {text!r}.")
        return lambda resource: (not parameter.elements(resource)) == (text == "true")
    _require_known(parameter.kind, modifier)
    compiler = _COMPILERS[parameter.kind]
    matchers = [compiler(part, modifier, parameter.target) for part in _split(text, ",")]
    negated = modifier == "not"

    def test(resource: Json) -> bool:
        elements = parameter.elements(resource)
        return any(matches(found) for found in elements for matches in matchers) != negated

    return test


def _require_known(kind: Kind, modifier: str) -> None:
    """Refuse an unknown modifier always: ignoring one turns a search into its opposite."""
    # A reference's modifier is the type it must name.
    known = modifier[:1].isupper() if kind == "reference" else modifier in _MODIFIERS[kind]
    if modifier and not known:
        raise bad_request(f"The modifier :{modifier} does not go with a {kind}.", "not-supported")


def _split(text: str, separator: str) -> list[str]:
    """The parts between separators that no backslash escapes."""
    return re.split(rf"(?<!\\){re.escape(separator)}", text)


def _plain(text: str) -> str:
    return re.sub(r"\\([\\,|$])", r"\1", text)


def _token(text: str, _modifier: str, _target: str) -> _Matcher:
    """`code` in any system, `system|code`, `system|` for any code, `|code` in no system."""
    system, *rest = (_plain(part) for part in _split(text, "|"))
    if not rest:
        return lambda element: any(code == system for _, code in _codes(element))
    code = "|".join(rest)

    def matches(element: object) -> bool:
        return any(
            # None: the system follows from the element, and is not held, so any will do.
            had in (None, system) and (not code or code == value)
            for had, value in _codes(element)
        )

    return matches


def _codes(element: object) -> list[tuple[str | None, str]]:
    """The (system, code) pairs a coded element holds."""
    if isinstance(element, bool):
        return [(None, str(element).lower())]
    if isinstance(element, str):
        return [(None, element)]
    if not isinstance(element, dict):
        return []
    if isinstance(codings := element.get("coding"), list):
        return [pair for coding in codings for pair in _codes(coding)]
    code = element.get("code", element.get("value"))
    return [(element.get("system", ""), code)] if isinstance(code, str) else []


def _reference(text: str, modifier: str, target: str) -> _Matcher:
    """`X`, `Patient/X`, or an absolute address; `X` alone counts with every type allowed."""
    sought, wanted = _plain(text), modifier or target

    def matches(element: object) -> bool:
        named = element.get("reference") if isinstance(element, dict) else None
        if not isinstance(named, str):
            return False
        address = named.partition("/_history/")[0]
        kind, _, resource_id = address.rpartition("/")
        typed = not wanted or kind.rpartition("/")[2] == wanted
        # An id alone is an id of this server, so an absolute address elsewhere is not meant.
        return typed and (address == sought or (resource_id == sought and "/" not in kind))

    return matches


def _string(text: str, modifier: str, _target: str) -> _Matcher:
    """Starts with, ignoring case and accents; the modifiers make it stricter or wider."""
    sought = _plain(text)
    if modifier == "exact":
        return lambda element: sought in _texts(element)
    folded = _folded(sought)
    if modifier == "contains":
        return lambda element: any(folded in _folded(found) for found in _texts(element))
    return lambda element: any(_folded(found).startswith(folded) for found in _texts(element))


def _texts(element: object) -> list[str]:
    if isinstance(element, str):
        return [element]
    if isinstance(element, dict):
        said = (value for key, value in element.items() if key not in ("use", "type", "period"))
        return [text for value in said for text in _texts(value)]
    return [text for part in element for text in _texts(part)] if isinstance(element, list) else []


def _folded(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text)
    return "".join(c for c in letters if not unicodedata.combining(c)).casefold()


# How a stored span (first) stands to the span asked for (second).
_PREFIXES: Final[dict[str, Callable[[Span, Span], bool]]] = {
    "eq": lambda had, asked: asked.holds(had),
    "ne": lambda had, asked: not asked.holds(had),
    "lt": lambda had, asked: had.low < asked.low,
    "gt": lambda had, asked: had.high > asked.high,
    "le": lambda had, asked: had.low < asked.low or asked.holds(had),
    "ge": lambda had, asked: had.high > asked.high or asked.holds(had),
    "sa": lambda had, asked: had.low >= asked.high,
    "eb": lambda had, asked: had.high <= asked.low,
}


def _date(text: str, _modifier: str, _target: str) -> _Matcher:
    prefix, moment = (text[:2], text[2:]) if text[:1].isalpha() else ("eq", text)
    compare, asked = _PREFIXES.get(prefix), span(moment)
    if compare is None or asked is None:
        raise bad_request(f"{text!r} is not a date FHIR can search for.")
    return lambda element: any(compare(had, asked) for had in spans(element))


def order(parameter: Parameter, resource: Json) -> tuple[bool, str]:
    """Where a resource stands when sorted by a parameter: by its first value, none at the end."""
    values = sorted(key for element in parameter.elements(resource) for key in _keys(element))
    return (not values, values[0] if values else "")


def _keys(element: object) -> list[str]:
    if found := spans(element):
        return [each.low.isoformat() for each in found]
    return [_folded(text) for text in _texts(element)]


_COMPILERS: Final[dict[Kind, Callable[[str, str, str], _Matcher]]] = {
    "token": _token,
    "reference": _reference,
    "date": _date,
    "string": _string,
}
