"""Conflicts: whether an ordered drug is, or reacts like, what the patient is allergic to."""

from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain, product
from pathlib import Path
from typing import Final, NamedTuple

from rules._knowledge import tables
from rules._knowledge.allergens import Allergen, Allergens
from rules._knowledge.drugs import Drug, Drugs

_KINDS: Final = ("same-ingredient", "same-class", "cross-reactive")
_STRENGTHS: Final = ("high", "moderate", "low")  # very-low and none are no conflict
_EVIDENCE: Final = {
    "atc": "ATC",
    "medrt": "MED-RT",
    "ansm": "ANSM thesaurus",
    "vsac": "published value sets",
    "chem": "chemical structure",
    "curated": "project list",
    "who-check": "ATC index",
}
_REMEMBERED: Final = 8192
Codes = tuple[str, ...]


class Conflict(NamedTuple):
    """Why an order and an allergy do not go together.

    Attributes:
        kind: "same-ingredient", "same-class", "cross-reactive", or "inactive-ingredient".
        ingredient: the ordered ingredient (RxNorm) that conflicts.
        ingredient_name: its name.
        allergen_name: what the patient is allergic to, in plain words.
        one_of: a member of the class that ties the two, as "a penicillin"; "" when none does.
        strength: "high", "moderate", or "low".
        basis: the reason in a few words.
        reference: the source of the reason.
        by_reaction: whether it holds for some types of reaction only.
        contains: what else is in the product that the patient is allergic to; "" for the drug.
        only_severe: whether it holds after a severe reaction only.
    """

    kind: str
    ingredient: str
    ingredient_name: str
    allergen_name: str
    one_of: str
    strength: str
    basis: str
    reference: str
    by_reaction: bool = False
    contains: str = ""
    only_severe: bool = False


class _Tie(NamedTuple):
    """How two ingredients, or two classes, are known to react alike."""

    kind: str
    class_id: str
    strength: str
    basis: str
    reference: str
    only_with: str = ""

    @property
    def needs_side_chain(self) -> bool:
        """Whether the class tie holds only where a side chain is shared."""
        return self.only_with == "side-chain"

    @property
    def by_reaction(self) -> bool:
        """Whether it depends on the type of the earlier reaction."""
        return self.only_with == "reaction"


class _Tied(NamedTuple):
    """A tie, the ordered ingredient, and what the entry names: an ingredient, or a class."""

    tie: _Tie
    rxcui: str
    charted: str


class Conflicts:
    """The classes that matter for allergy, and what is known to cross-react."""

    def __init__(self, folder: Path, drugs: Drugs, allergens: Allergens) -> None:
        self._drugs = drugs
        self._allergens = allergens
        self._ties: dict[tuple[str, str], list[_Tie]] = defaultdict(list)
        for row in tables.rows(folder, "cross_reactivity"):
            self._add(row)
        self._members: dict[str, dict[str, str]] = defaultdict(dict)
        self._classes: dict[str, list[str]] = defaultdict(list)
        for class_id, rxcui, _, evidence in tables.rows(folder, "class_members"):
            if class_id in allergens.classes:
                self._members[class_id][rxcui] = evidence
                self._classes[rxcui].append(class_id)
        # the same few drugs meet the same few allergies again and again
        self._strongest = lru_cache(_REMEMBERED)(self._compare)

    def _add(self, row: list[str]) -> None:
        a, b, basis, strength, only_with, reference, confidence = row
        if confidence == "low" or strength not in _STRENGTHS:
            return
        kind = "same-class" if a == b else "cross-reactive"
        class_id = b.removeprefix("class:") if b.startswith("class:") else ""
        tie = _Tie(kind, class_id, strength, basis, reference, only_with)
        self._ties[a, b].append(tie)
        if a != b:
            other = a.removeprefix("class:") if a.startswith("class:") else ""
            self._ties[b, a].append(tie._replace(class_id=other))

    def between(self, drug: Drug, allergen: Allergen, *, crosses: bool) -> Conflict | None:
        """The strongest conflict of any ingredient of the drug with the allergen, if there is one.

        An allergy to a class holds for each member. An allergy to an ingredient holds for others
        only as far as cross-reactivity is known. A class tie that depends on the side chain holds
        for an allergy to the whole class when the drug shares its chain with one of the members.
        One that depends on the type of reaction holds when `crosses`.
        """
        found = self._strongest(drug.ingredients, allergen.ingredients, allergen.classes, crosses)
        if found is None:
            return None
        tie, rxcui, charted = found
        return Conflict(
            tie.kind,
            rxcui,
            self._drugs.name(rxcui),
            self._allergic_to(allergen, charted),
            self._allergens.one_of(tie.class_id) if tie.class_id else "",
            tie.strength,
            tie.basis,
            tie.reference,
            tie.by_reaction,
        )

    def _allergic_to(self, allergen: Allergen, charted: str) -> str:
        """What the patient is allergic to, a class by one of its members: "penicillin".

        Of an entry that names several substances, the one that is tied to the order.
        """
        if charted in allergen.classes:
            return self._allergens.one_of(charted).partition(" ")[2]
        return self._drugs.name(charted) if allergen.classes else allergen.name

    def _compare(
        self, ordered: Codes, allergens: Codes, classes: Codes, crosses: bool
    ) -> _Tied | None:
        """The strongest tie of an ordered ingredient to what an entry names."""
        ties = chain.from_iterable(self._ties_of(one, allergens, classes) for one in ordered)
        return min((t for t in ties if crosses or not t.tie.by_reaction), key=_rank, default=None)

    def _ties_of(self, rxcui: str, allergens: Codes, classes: Codes) -> Iterator[_Tied]:
        for other in allergens:
            yield from (_Tied(tie, rxcui, other) for tie in self._from_ingredient(other, rxcui))
        for class_id in classes:
            yield from (_Tied(tie, rxcui, class_id) for tie in self._from_class(class_id, rxcui))

    def _from_ingredient(self, other: str, rxcui: str) -> Iterator[_Tie]:
        """Ties of an ingredient to an allergy to another, or to itself."""
        if rxcui == other:
            yield _Tie("same-ingredient", "", "high", "same active ingredient", "RxNorm")
        yield from self._ties.get((f"rxcui:{other}", f"rxcui:{rxcui}"), ())
        for class_id in self._classes.get(other, ()):
            yield from self._own_ties(class_id, rxcui)
        for class_id in self._classes.get(rxcui, ()):
            yield from self._ties.get((f"rxcui:{other}", f"class:{class_id}"), ())
        for a, b in product(self._classes.get(other, ()), self._classes.get(rxcui, ())):
            if a != b or not self._apart(a, rxcui, other):
                yield from filter(None, map(_between_members, self._class_ties(a, b)))

    def _from_class(self, class_id: str, rxcui: str) -> Iterator[_Tie]:
        """Ties of an ingredient to an allergy to a whole class."""
        yield from self._own_ties(class_id, rxcui)
        members = self._members.get(class_id, {})
        if rxcui in members and not self._apart(class_id, rxcui):
            reference = "Class membership: " + ", ".join(map(_source, members[rxcui].split("|")))
            yield _Tie("same-class", class_id, "high", "member of the class", reference)
            return
        for other in self._classes.get(rxcui, ()):
            if other == class_id:
                continue
            for tie in self._class_ties(class_id, other):
                if not tie.needs_side_chain or self._shares_side_chain(members, rxcui):
                    yield tie

    def _apart(self, class_id: str, rxcui: str, other: str = "") -> bool:
        """Whether one of two members, or a part that only one is in, has a tie of its own.

        Selective COX-2 inhibitors are NSAIDs, but what ties them to the other NSAIDs is little.
        """
        if any(self._own_ties(class_id, code) for code in (rxcui, other)):
            return True
        parts = {*self._classes.get(rxcui, ())} ^ {*self._classes.get(other, ())}
        return any(self._class_ties(class_id, part) for part in parts - {class_id})

    def _own_ties(self, class_id: str, rxcui: str) -> list[_Tie]:
        """Ties of one ingredient, a member or not, with a class."""
        return self._ties.get((f"class:{class_id}", f"rxcui:{rxcui}"), [])

    def _class_ties(self, a: str, b: str) -> list[_Tie]:
        return self._ties.get((f"class:{a}", f"class:{b}"), [])

    def _shares_side_chain(self, members: dict[str, str], rxcui: str) -> bool:
        return any((f"rxcui:{member}", f"rxcui:{rxcui}") in self._ties for member in members)


def _between_members(tie: _Tie) -> _Tie | None:
    """A class tie as it holds from one member to another that shares no side chain with it."""
    if not tie.needs_side_chain:
        return tie
    if tie.kind != "same-class":
        return None
    return tie._replace(kind="cross-reactive", strength="low", basis="same class, other side chain")


def _rank(found: _Tied) -> tuple[int, int]:
    return _STRENGTHS.index(found.tie.strength), _KINDS.index(found.tie.kind)


def _source(evidence: str) -> str:
    return _EVIDENCE.get(evidence, evidence)  # a reviewed row names its source itself
