"""Links between resources: rewriting them as resources find their place on this server."""

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import parse_qsl

from service.fhir_server.outcome import FhirError, Json
from service.fhir_server.search import Searches
from service.fhir_server.store import Store

_CONDITIONAL: Final = re.compile(r"([A-Z]\w+)\?(.+)")


def relink(resource: Json, known: Mapping[str, str], base: str = "") -> Json:
    """A copy whose links follow `known`, and whose references to `base` are relative."""
    return {key: _relinked(key, value, known, base) for key, value in resource.items()}


def _relinked(key: str, value: object, known: Mapping[str, str], base: str) -> object:
    if isinstance(value, dict):
        return relink(value, known, base)
    if isinstance(value, list):
        return [_relinked(key, part, known, base) for part in value]
    if not isinstance(value, str):
        return value
    if key == "reference":
        return known.get(value) or value.removeprefix(f"{base}/" if base else "")
    # Elements of type uri and url are links too; an Identifier's value is not.
    return known.get(value, value) if key.lower().endswith(("uri", "url")) else value


def settle(store: Store, searches: Searches, written: list[Json], *, lenient: bool) -> None:
    """Resolve conditional references (`Practitioner?identifier=…`) in what was just written.

    Lenient, one that does not name exactly one resource stays as it is; else it is a 412.
    """
    for resource in written:
        known = {}
        for condition, resource_type, query in _conditions(resource):
            found = searches.matches(resource_type, parse_qsl(query))
            if len(found) == 1:
                known[condition] = f"{resource_type}/{found[0]['id']}"
            elif not lenient:
                raise FhirError(412, "processing", f"{condition} names {len(found)} resources.")
        if known:
            store.amend(relink(resource, known))


def _conditions(value: object) -> Iterator[tuple[str, str, str]]:
    """Every conditional reference within: the whole of it, its type, its query."""
    if isinstance(value, list):
        for part in value:
            yield from _conditions(part)
    if not isinstance(value, dict):
        return
    reference = value.get("reference")
    if isinstance(reference, str) and (found := _CONDITIONAL.fullmatch(reference)):
        yield reference, found[1], found[2]
    for part in value.values():
        yield from _conditions(part)
