"""Searches: a query becomes criteria, matches become pages of a searchset Bundle."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, urlencode
from uuid import uuid4

from service.fhir_server.matching import Predicate, criterion, order
from service.fhir_server.outcome import FhirError, Json, bad_request
from service.fhir_server.parameter import Parameter
from service.fhir_server.parameters import parameters
from service.fhir_server.store import Store

Pairs = Sequence[tuple[str, str]]

_KEPT_PAGES: Final = 1000  # older links expire, as they do elsewhere


@dataclass
class _Query:
    """What a search asks, and which of its parameters were used."""

    resource_type: str
    size: int
    base: str = ""
    criteria: list[Predicate] = field(default_factory=list)
    sort: list[tuple[Parameter, bool]] = field(default_factory=list)
    includes: list[tuple[Parameter, str]] = field(default_factory=list)
    used: list[tuple[str, str]] = field(default_factory=list)

    def read(self, name: str, text: str) -> bool:
        """Take one parameter up; False when it is not known here."""
        known = parameters(self.resource_type)
        bare, _, modifier = name.partition(":")
        if bare in known:
            if known[bare].kind == "reference" and self.base:
                text = text.replace(f"{self.base}/", "")  # as our references are kept
            self.criteria.append(criterion(known[bare], modifier, text))
        elif name in _RESULT:
            return _RESULT[name](self, text)
        else:
            return name == "_format"
        return True

    def count(self, text: str) -> bool:
        """A smaller page than the server's own; 0 asks for the total alone."""
        if not text.isdecimal():
            raise bad_request(f"_count must be a whole number, not {text!r}.")
        self.size = min(self.size, int(text))
        return True

    def summary(self, text: str) -> bool:
        """Only `_summary=count` is known: the total alone."""
        if text == "count":
            self.size = 0
        return text in ("count", "false")

    def order_by(self, text: str) -> bool:
        """The parameters to sort by, `-` for descending."""
        known = parameters(self.resource_type)
        keys = [(known.get(key.removeprefix("-")), key[0] == "-") for key in text.split(",") if key]
        found = [(parameter, down) for parameter, down in keys if parameter]
        self.sort += found
        return len(found) == len(keys)

    def include(self, text: str) -> bool:
        """`Type:parameter[:target]`, a reference to bring along on the page."""
        source, _, rest = text.partition(":")
        name, _, target = rest.partition(":")
        parameter = parameters(source).get(name)
        if source != self.resource_type or not parameter or parameter.kind != "reference":
            return False
        self.includes.append((parameter, target or parameter.target))
        return True

    def matches(self, resources: Iterable[Json]) -> list[Json]:
        """The resources that meet every criterion, sorted as asked."""
        found = [each for each in resources if all(test(each) for test in self.criteria)]
        for parameter, down in reversed(self.sort):
            found = _sorted(found, parameter, down)
        return found


_RESULT: Final[dict[str, Callable[[_Query, str], bool]]] = {
    "_count": _Query.count,
    "_summary": _Query.summary,
    "_sort": _Query.order_by,
    "_include": _Query.include,
}


def _sorted(resources: list[Json], parameter: Parameter, down: bool) -> list[Json]:
    """Sorted by one parameter; what has no value stays last in either direction."""
    keyed = [(order(parameter, each), each) for each in resources]
    valued = [pair for pair in keyed if not pair[0][0]]
    valued.sort(key=lambda pair: pair[0], reverse=down)
    return [each for _, each in valued] + [each for key, each in keyed if key[0]]


def _read(query: _Query, pairs: Pairs, *, strict: bool) -> _Query:
    """The query with all its known parameters taken up; strict, an unknown one is refused."""
    for name, text in pairs:
        if text and query.read(name, text):
            query.used.append((name, text))
        elif strict:
            raise bad_request(f"{query.resource_type} cannot be searched by {name}={text}.")
    return query


@dataclass(frozen=True)
class _Page:
    """Matches from some point on, as they were when the search was made."""

    query: _Query
    matches: list[Json]
    start: int = 0


class Searches:
    """Answers searches over a store, and remembers the pages its `next` links promise."""

    def __init__(self, store: Store, page_size: int) -> None:
        self._store = store
        self._page_size = page_size
        self._pages: dict[str, _Page] = {}

    def matches(self, resource_type: str, pairs: Pairs) -> list[Json]:
        """All that a condition names; every parameter of a condition must be known."""
        if not any(text for _, text in pairs):
            raise bad_request("A condition must name at least one parameter.")
        query = _read(_Query(resource_type, self._page_size), pairs, strict=True)
        return query.matches(self._store.all(resource_type))

    def search(self, resource_type: str, pairs: Pairs, *, strict: bool, base: str) -> Json:
        """The first page of a search, or the page an earlier answer's `next` link names."""
        if token := dict(pairs).get("_page"):
            page, own = self._promised(token, resource_type), urlencode({"_page": token})
        else:
            query = _read(_Query(resource_type, self._page_size, base), pairs, strict=strict)
            page = _Page(query, query.matches(self._store.all(resource_type)))
            own = urlencode(query.used, quote_via=quote, safe="|,/:")
        address = f"{base}/{resource_type}"
        links = [{"relation": "self", "url": f"{address}?{own}" if own else address}]
        if following := self._promise(page):
            links.append({"relation": "next", "url": f"{address}?_page={following}"})
        return self._bundle(page, links, base)

    def clear(self) -> None:
        """Forget every promised page."""
        self._pages.clear()

    def _promised(self, token: str, resource_type: str) -> _Page:
        page = self._pages.get(token)
        if page is None or page.query.resource_type != resource_type:
            raise FhirError(410, "not-found", "This page has expired; search again.")
        return page

    def _promise(self, page: _Page) -> str:
        """A token for what follows a page; empty when nothing does."""
        start = page.start + page.query.size
        if not page.query.size or start >= len(page.matches):
            return ""
        token = uuid4().hex
        self._pages[token] = _Page(page.query, page.matches, start)
        if len(self._pages) > _KEPT_PAGES:
            del self._pages[next(iter(self._pages))]
        return token

    def _bundle(self, page: _Page, links: list[dict[str, str]], base: str) -> Json:
        shown = page.matches[page.start : page.start + page.query.size]
        entries = [_entry(each, "match", base) for each in shown]
        entries += [_entry(each, "include", base) for each in self._included(page.query, shown)]
        bundle: Json = {
            "resourceType": "Bundle",
            "type": "searchset",
            "total": len(page.matches),
            "link": links,
        }
        return bundle | {"entry": entries} if entries else bundle

    def _included(self, query: _Query, shown: list[Json]) -> list[Json]:
        """What the shown resources refer to, as far as it is stored here, each once."""
        found: dict[str, Json] = {}
        for parameter, target in query.includes:
            for name in (name for each in shown for name in _names(parameter, each)):
                kind, _, resource_id = name.partition("/")
                resource = self._store.get(kind, resource_id) if target in ("", kind) else None
                if resource and resource not in shown:
                    found[name] = resource
        return list(found.values())


def _names(parameter: Parameter, resource: Json) -> list[str]:
    elements = (each for each in parameter.elements(resource) if isinstance(each, dict))
    return [name for each in elements if isinstance(name := each.get("reference"), str)]


def _entry(resource: Json, mode: str, base: str) -> Json:
    address = f"{base}/{resource['resourceType']}/{resource['id']}"
    return {"fullUrl": address, "resource": resource, "search": {"mode": mode}}
