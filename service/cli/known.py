"""What the knowledge tables say of one code or name, line by line."""

import os
from collections.abc import Iterator
from pathlib import Path

from prefetch.coding import Coding, Concept
from prefetch.systems import NDC, RXNORM, SNOMED, UNII
from rules._knowledge import tables
from rules._knowledge.allergens import Allergen
from rules._knowledge.drugs import Drug
from rules._knowledge.imports.terms import ImportedTerms
from rules._knowledge.knowledge import Knowledge
from rules._knowledge.terms import ShippedTerms
from service.knowledge import KnowledgeInUse
from service.settings import Settings

_TABLES = ("products", "ingredients", "allergens", "allergens_seen", "brands")
_MOST_OTHERS = 5


def told(term: str) -> Iterator[str]:
    """What is known, and the rows it comes from."""
    imported = Settings.from_environment(os.environ).knowledge
    know = KnowledgeInUse(imported).read()
    concepts = [Concept((Coding(s, term, ""),)) for s in (RXNORM, SNOMED, UNII, NDC)]
    concepts.append(Concept(text=term))
    drug = next(filter(None, map(know.drug, concepts)), None)
    if drug is not None:
        yield from _drug(drug, know)
    known = (know.allergen(concept) for concept in concepts)
    allergen = next((a for a in known if a.kind != "unknown"), None)
    if allergen is not None:
        yield from _allergen(allergen, know)
    yield from _rows(term)
    if imported is not None:
        yield from _releases(imported)
    if drug is None and allergen is None:
        near = know.search(term, _MOST_OTHERS)
        yield from (f"begins like it: {name} ({code})" for code, name in near)


def _drug(drug: Drug, know: Knowledge) -> Iterator[str]:
    yield f"As a drug: {drug.name}, recognised by its {drug.basis}"
    for code in drug.ingredients:
        yield f"  ingredient {know.name(code)} (RxNorm {code})"
        for row in tables.rows(tables.SHIPPED, "class_members"):
            if row[1] == code:
                yield f"    class {row[0]}; confidence {row[2]}; evidence {row[3]}"
        yield from _reacting_like(f"rxcui:{code}", know)
    for codes, _, form, contains, avoid, only, strength, source, *_ in tables.rows(
        tables.SHIPPED, "excipients"
    ):
        if set(codes.split("|")) == set(drug.ingredients):
            told = [form or "any form", avoid, f"strength {strength}", source]
            yield f"  contains {contains} ({'; '.join(filter(None, (*told, only)))})"


def _allergen(allergen: Allergen, know: Knowledge) -> Iterator[str]:
    yield f"As an allergen: {allergen.name} ({allergen.kind}), recognised by its {allergen.basis}"
    yield from (f"  ingredient {know.name(c)} (RxNorm {c})" for c in allergen.ingredients)
    for class_id in allergen.classes:
        yield f"  class {class_id}"
        yield from _reacting_like(f"class:{class_id}", know)
    for food in allergen.foods:
        yield f"  {food}"
        for row in tables.rows(tables.SHIPPED, "excipients"):
            if food in row[4].split("|"):
                what = f"{row[1]}, {row[2] or 'any form'}: {row[3]}"
                yield f"    in {what} (strength {row[6]}; {row[7]})"


def _reacting_like(end: str, know: Knowledge) -> Iterator[str]:
    """How far others cross-react with one end, an ingredient or a class."""
    for a, b, basis, strength, only, reference, confidence in tables.rows(
        tables.SHIPPED, "cross_reactivity"
    ):
        if end in (a, b):
            kind, _, other = (b if end == a else a).partition(":")
            name = know.class_name(other) if kind == "class" else know.name(other)
            told = [f"{strength}, {basis}", only and f"by {only}", f"confidence {confidence}"]
            yield f"    cross-reactivity with {name}: {'; '.join(filter(None, told))} ({reference})"


def _releases(path: Path) -> Iterator[str]:
    """What was imported, which is asked before the tables."""
    terms = ImportedTerms(path, ShippedTerms(tables.SHIPPED))
    for source in terms.sources():
        told = f"{source.name} {source.version}".strip()
        yield f"Asked first: {told}, imported from {source.file} on {source.imported_at[:10]}"
    terms.close()


def _rows(term: str) -> Iterator[str]:
    """The rows of the tables that have the term as a code or name."""
    for name in _TABLES:
        for row in tables.rows(tables.SHIPPED, name):
            if term.casefold() in (cell.casefold() for cell in row[:3]):
                yield f"Row of {name}.tsv: {'; '.join(filter(None, row))}"
