"""Allergen lists: FHIR ValueSets and ConceptMaps, read into what each code is an allergy to.

Formats: https://hl7.org/fhir/R4/valueset.html and https://hl7.org/fhir/R4/conceptmap.html
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from hooks.errors import KnowledgeError
from prefetch.coding import Coding, Concept, as_list, as_text
from rules._knowledge.allergens import Allergen
from rules._knowledge.knowledge import Knowledge

_SAME: Final = frozenset({"equal", "equivalent"})  # R4's equivalence; R5's relationship has one


class Entry(NamedTuple):
    """One code of a list, and what it is an allergy to."""

    coding: Coding
    allergen: Allergen


class AllergenList(NamedTuple):
    """A list that was read.

    Attributes:
        url: its canonical URL, or else the file's name.
        version: its business version; "" when it has none.
        entries: the codes that could be understood.
        unknown: how many could not, and are left out.
    """

    url: str
    version: str
    entries: list[Entry]
    unknown: int


def read_list(path: Path, know: Knowledge) -> AllergenList:
    """Read a ValueSet or ConceptMap in JSON.

    A ValueSet says no more than that a code names an allergen: it is taken for what its own code
    or display is known to be. A ConceptMap says itself what a code is the same as.

    Raises:
        KnowledgeError: it is neither, or a part of its expansion is missing.
    """
    try:
        resource = msgspec.json.decode(path.read_bytes())
    except (msgspec.DecodeError, OSError) as error:
        raise KnowledgeError(f"{path}: expected a FHIR resource in JSON; {error}") from None
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    if kind == "ValueSet":
        pairs = [(coding, coding) for coding in _of_value_set(resource, path)]
    elif kind == "ConceptMap":
        pairs = list(_of_concept_map(resource))
    else:
        raise KnowledgeError(f"{path}: expected a ValueSet or ConceptMap, found {kind}")
    found = [Entry(coding, know.allergen(Concept((meant,)))) for coding, meant in pairs]
    known = [entry for entry in found if entry.allergen.kind not in ("unknown", "unspecified")]
    name, version = as_text(resource.get("url")) or path.name, as_text(resource.get("version"))
    return AllergenList(name, version, known, len(found) - len(known))


def _of_value_set(resource: dict[str, Any], path: Path) -> Iterator[Coding]:
    expansion = resource.get("expansion")
    if isinstance(expansion, dict):
        found = list(_contained(expansion.get("contains")))
        total = expansion.get("total")
        if isinstance(total, int) and total != len(found):
            raise KnowledgeError(
                f"{path}: its expansion has {len(found)} codes of {total}; "
                "expand it whole, or join its pages"
            )
        yield from found
        return
    compose = resource.get("compose")
    for part in as_list(compose.get("include") if isinstance(compose, dict) else None):
        for each in as_list(part.get("concept")):
            yield _coding(part, each)


def _contained(entries: Any) -> Iterator[Coding]:
    for entry in as_list(entries):
        if as_text(entry.get("code")) and not entry.get("abstract") and not entry.get("inactive"):
            yield _coding(entry, entry)
        yield from _contained(entry.get("contains"))


def _of_concept_map(resource: dict[str, Any]) -> Iterator[tuple[Coding, Coding]]:
    for group in as_list(resource.get("group")):
        for element in as_list(group.get("element")):
            for target in as_list(element.get("target")):
                said = as_text(target.get("equivalence") or target.get("relationship"))
                if said in _SAME:
                    source = {"system": group.get("source")}
                    yield _coding(source, element), _coding({"system": group.get("target")}, target)


def _coding(system: dict[str, Any], code: dict[str, Any]) -> Coding:
    parts = (system.get("system"), code.get("code"), code.get("display"))
    return Coding(*map(as_text, parts))
