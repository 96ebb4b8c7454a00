"""Allergens: from the codes and words of an allergy record to what must be avoided."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain, starmap
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from prefetch.coding import Codes, Coding, Concept
from rules._knowledge import tables
from rules._knowledge.drugs import Drugs
from rules._knowledge.names import (
    LONGEST,
    denial,
    explained,
    listed,
    normal,
    says_more,
    spaced,
    takes_back,
    unframed,
    ungrouped,
    variants,
    words,
)

_SUBSTANCES: Final = frozenset({"drug", "food", "environment"})
_DENIALS: Final = frozenset({"none-known"})
_VAGUE: Final = frozenset({"unspecified"})
_ORDER: Final = ("drug", "food", "environment", "none-known", "unspecified")
_PLACES: Final = ("food", "environment")


_REMEMBERED: Final = 8192
_LONGEST_REMARK: Final = 20  # words


class Allergen(NamedTuple):
    """What an allergy record is about.

    Attributes:
        kind: "drug" (ingredients, classes, or both), "food", "environment", "none-known" (a
            statement of no known allergies), "unspecified" (recorded, but it names nothing, as
            "Not on file"), or "unknown" (not recognised: proof of nothing).
        ingredients: base ingredients (RxNorm IN), sorted.
        classes: ids of whole classes, sorted.
        name: plain words; for an unknown one, the record's own.
        basis: "code", "text" (matched by name), or "" when unknown.
        matched: the first coding that was recognised; None for text.
        scope: what a "none-known" denies: all, medication, food, environment; else "".
        foods: ids of foods, such as "food:peanut", sorted.
    """

    kind: str
    ingredients: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    name: str = ""
    basis: str = ""
    matched: Coding | None = None
    scope: str = ""
    foods: tuple[str, ...] = ()


class ListRow(NamedTuple):
    """What an imported list says of a code, in the terms of the shipped table of allergens."""

    display: str
    kind: str
    targets: str
    scope: str


class Lists(Protocol):
    """Imported allergen lists; the shipped tables, which are reviewed, win over them."""

    def allergen(self, system: str, code: str) -> ListRow | None:
        """What a list says of a code."""


class _Entry(NamedTuple):
    """What one code or wording means."""

    kind: str
    ingredients: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    name: str = ""
    scope: str = ""
    foods: tuple[str, ...] = ()


Found = list[tuple[Coding | None, _Entry]]


class Allergens:
    """Every known allergen code and wording."""

    def __init__(self, folder: Path, drugs: Drugs, lists: Lists | None = None) -> None:
        self._drugs = drugs
        self._lists = lists
        self._class_names = dict(tables.rows(folder, "classes"))
        self._one = dict(tables.rows(folder, "class_words"))
        self._by_code: dict[tuple[str, str], _Entry] = {}
        self._by_name: dict[str, _Entry] = {}
        for table in ("allergens", "allergens_seen"):
            for system, code, display, kind, targets, scope, *_ in tables.rows(folder, table):
                self._add(system, code, display, _entry(kind, targets, display, scope))
        self.classes = self._relevant(folder)
        for class_id in self.classes:
            entry = _Entry("drug", (), (class_id,))
            for name in (class_id.replace("_", " "), self._class_names[class_id]):
                self._by_name.setdefault(normal(name), entry)
        # the same substances are charted again and again; words of a chart are not kept
        self._from_codes = lru_cache(_REMEMBERED)(self._substance_of)

    def _relevant(self, folder: Path) -> frozenset[str]:
        """The classes that take part in allergy: those an allergen or cross-reactivity names."""
        entries = chain(self._by_code.values(), self._by_name.values())
        named = {class_id for entry in entries for class_id in entry.classes}
        ends = chain.from_iterable(row[:2] for row in tables.rows(folder, "cross_reactivity"))
        named |= {end.removeprefix("class:") for end in ends if end.startswith("class:")}
        return frozenset(named)

    def _add(self, system: str, code: str, display: str, entry: _Entry) -> None:
        if system:
            self._by_code[system, code] = entry
        self._by_name[unframed(display if system else code)] = entry

    def class_name(self, class_id: str) -> str:
        """The readable name of a class."""
        return self._class_names[class_id]

    def one_of(self, class_id: str) -> str:
        """What a person calls one member of a class: "a penicillin"."""
        return self._one[class_id]

    def resolve(self, concept: Concept) -> Allergen:
        """What an allergy record is about.

        All codings of one concept describe one substance, so what they mean is united; and so is
        its text, where that is another substance's name: which of the two is meant, nobody can
        tell. Without a code that names a substance, words do; only then a statement that no
        allergy is known, because a chart must not be cleared by a stray code beside a named drug.
        """
        coded = self._from_codes(concept.codes)
        if coded is None:
            return self._from_all(concept)
        said = self._exactly(concept.text) if concept.text else None
        if said is None or _covers(coded, said):
            return coded
        entry = _Entry(coded.kind, coded.ingredients, coded.classes, coded.name, "", coded.foods)
        return self._united([(coded.matched, entry), (None, said)], "code")

    def _exactly(self, text: str) -> _Entry | None:
        """The substances that a text names; None where it is not wholly understood."""
        if len(text) > LONGEST:
            return None
        line = spaced(text)
        for name in variants(unframed(line)):
            found = self._by_name.get(name)
            if found and found.kind in _SUBSTANCES:
                return found
            if ingredients := self._drugs.named(name):
                return _Entry("drug", ingredients)
        if not says_more(text):
            return None
        found = self._combination(line) or self._explained(line)
        return found if found and found.kind in _SUBSTANCES else None

    def _substance_of(self, codes: Codes) -> Allergen | None:
        """The substance that codes alone name."""
        coded: Found = [(c, e) for c in starmap(Coding, codes) if (e := self._coded(c))]
        found = _of(coded, _SUBSTANCES)
        return self._united(found, "code") if found else None

    def _from_all(self, concept: Concept) -> Allergen:
        coded: Found = [(c, e) for c in concept.codings if (e := self._coded(c))]
        said: Found = [(None, e) for text in _texts(concept) if (e := self._named(text))]
        for kinds in (_SUBSTANCES, _DENIALS, _VAGUE):
            if found := _of(coded, kinds):
                return self._united(found, "code")
            if found := _of(said, kinds):
                return self._united(found, "text")
        return Allergen("unknown", name=concept.label)

    def _coded(self, coding: Coding) -> _Entry | None:
        if entry := self._by_code.get((coding.system, coding.code)):
            return entry
        if ingredients := self._drugs.coded(coding):
            return _Entry("drug", ingredients)
        row = self._lists and self._lists.allergen(coding.system, coding.code)
        return _entry(row.kind, row.targets, row.display, row.scope) if row else None

    def _named(self, text: str) -> _Entry | None:
        if scope := denial(text):
            return _Entry("none-known", name="no known allergies", scope=scope)
        return self._single(text) or self._combination(text) or self._explained(text)

    def _part(self, text: str) -> _Entry | None:
        """A substance that is one of several, or is explained; never a denial."""
        found = self._single(text)
        return found if found and found.kind in _SUBSTANCES else None

    def _single(self, text: str) -> _Entry | None:
        """One substance, in whatever number and frame."""
        name = unframed(text)
        names = dict.fromkeys((*variants(name), *variants(ungrouped(name))))
        return next(filter(None, map(self._substance, names)), None)

    def _combination(self, text: str) -> _Entry | None:
        """Several substances in one wording, such as "amoxicillin-clavulanate"; all are known."""
        if ingredients := self._drugs.read(text):
            return _Entry("drug", ingredients)
        return next(filter(None, map(self._each, listed(text))), None)

    def _each(self, parts: Iterable[str]) -> _Entry | None:
        """What the parts are together; None where one of them is not known."""
        found: list[_Entry] = []
        for part in parts:
            entry = self._part(part) or self._explained(part)
            if entry is None:
                return None
            found.append(entry)
        return _joined(found)

    def _explained(self, text: str) -> _Entry | None:
        """What is explained or remarked on: "Sulfa (antibiotics)", "codeine - nausea"."""
        name, told, explains = explained(text)
        found = self._single(name) if name else None
        if found is None or found.kind in _DENIALS:
            return None
        more = self._part(told) or self._combination(told) if explains else None
        if found.kind in _VAGUE:  # "Drug allergy: penicillin"
            return more or self._part(told)
        if more:
            grouped = found.ingredients and more.classes and not more.ingredients
            return found if grouped else _joined([found, more])
        # a remark that takes something back, or names another substance, is not understood
        said = words(told)
        unclear = len(said) > _LONGEST_REMARK or takes_back(told) or any(map(self._part, said))
        return None if unclear else found

    def _substance(self, name: str) -> _Entry | None:
        if found := self._by_name.get(name):
            return found
        ingredients = self._drugs.read(name)
        return _Entry("drug", ingredients) if ingredients else None

    def _united(self, found: Found, basis: str) -> Allergen:
        entries = [entry for _, entry in found]
        kind = min((e.kind for e in entries), key=_ORDER.index)
        ingredients = _union(e.ingredients for e in entries)
        classes = _union(e.classes for e in entries)
        plain = next((e.name for e in entries if e.kind in _PLACES), "")
        name = plain or self._readable(ingredients, classes) or entries[0].name
        scopes = _union((e.scope,) for e in entries)
        scope = "all" if "all" in scopes else scopes[0]
        foods = _union(e.foods for e in entries)
        return Allergen(kind, ingredients, classes, name, basis, found[0][0], scope, foods)

    def _readable(self, ingredients: Iterable[str], classes: Iterable[str]) -> str:
        """A class says more plainly than the codes beside it what the record is about."""
        return ", ".join(map(self.class_name, classes)) or self._drugs.readable(ingredients)


def _entry(kind: str, targets: str, display: str, scope: str) -> _Entry:
    pairs = [target.partition(":")[::2] for target in targets.split("|")]
    ingredients = tuple(code for system, code in pairs if system == "rxcui")
    classes = tuple(code for system, code in pairs if system == "class")
    foods = tuple(f"{system}:{code}" for system, code in pairs if system == "food")
    return _Entry(kind, ingredients, classes, unframed(display), scope, foods)


def _joined(entries: list[_Entry]) -> _Entry:
    """Several substances as one entry."""
    return _Entry(
        min((e.kind for e in entries), key=_ORDER.index),
        _union(e.ingredients for e in entries),
        _union(e.classes for e in entries),
        ", ".join(dict.fromkeys(e.name for e in entries if e.name)),
        "",
        _union(e.foods for e in entries),
    )


def _covers(coded: Allergen, said: _Entry) -> bool:
    """Whether codes say all that a text does."""
    return (
        {*said.ingredients} <= {*coded.ingredients}
        and {*said.classes} <= {*coded.classes}
        and {*said.foods} <= {*coded.foods}
    )


def _of(found: Found, kinds: frozenset[str]) -> Found:
    return [(coding, entry) for coding, entry in found if entry.kind in kinds]


def _texts(concept: Concept) -> Iterator[str]:
    yield from (spaced(text) for text in concept.texts if text and len(text) <= LONGEST)


def _union(groups: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(sorted(set(chain.from_iterable(groups))))
