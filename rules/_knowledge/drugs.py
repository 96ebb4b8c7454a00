"""Drugs: from the codes and words of an order to base ingredients."""

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from prefetch.coding import Codes, Coding, Concept
from prefetch.systems import NDC, RXNORM, UNII
from rules._knowledge import tables
from rules._knowledge.names import LONGEST, normal, spaced, words
from rules._knowledge.terms import Ingredients, Term, Terms

_PRODUCTS: Final = frozenset({"SCD", "SBD", "GPCK", "BPCK"})
_BRACKET: Final = re.compile(r"\[([^\[\]]*)\]")
_PAREN: Final = re.compile(r"\(([^()]*)\)")
# Two numbers beside each other, of which the second is no volume and no time; and its unit, if any.
_PAIRED: Final = re.compile(
    r"(?<![\d.])(\d+(?:\.\d+)?)(?: ?(?:mg|mcg|g))? ?([/-]) ?(\d+(?:\.\d+)?)(?![\d.])"
    r"(?! ?(?:ml|l|hr?|hours?)\b)( ?[a-z]+)?",
    re.IGNORECASE,
)
_FRACTIONS: Final = frozenset({("1", "2"), ("1", "4"), ("3", "4")})
_BETWEEN: Final = re.compile(r"[/+,]|\b(?:and|with)\b", re.IGNORECASE)
_HYPHENS: Final = re.compile(r"[/+,-]")  # "amoxicillin-clavulanate 875-125 mg"
_STRENGTH: Final = re.compile(r"\d+([a-z]*)")
# Orders abbreviate what RxNorm spells out: units, routes, and forms of release.
_ABBREVIATED: Final = frozenset(
    {
        "cap",
        "dr",
        "ec",
        "er",
        "g",
        "im",
        "inj",
        "iu",
        "iv",
        "mcg",
        "odt",
        "per",
        "po",
        "sr",
        "tab",
        "xr",
    }
)
# A name that goes on with a small number, and nothing else: "Tylenol #3", "Fiorinal 3".
_NUMBERED: Final = re.compile(r"([^\d#]+?) ?(# ?|\bno\.? ?|\bnumber )?\b[1-4]", re.IGNORECASE)
_SPELLED: Final = {"hcl": "hydrochloride"}


_REMEMBERED: Final = 8192


class Drug(NamedTuple):
    """What an order's drug is.

    Attributes:
        ingredients: base ingredients (RxNorm IN), sorted; salts and combinations are resolved.
        name: the ingredients' names in alphabetical order, as in "amoxicillin / clavulanate".
        basis: "code", or "text" when no code was recognised.
        matched: the coding that decided; None for text.
    """

    ingredients: Ingredients
    name: str
    basis: str
    matched: Coding | None = None


class Drugs:
    """Every known ingredient, brand and product, by code and by name."""

    def __init__(self, folder: Path, terms: Terms) -> None:
        self._forms = {line[0] for line in tables.rows(folder, "form_words")} | _ABBREVIATED
        self._terms = terms
        # the same products are ordered again and again; words of a chart are not kept
        self._from_codes = lru_cache(_REMEMBERED)(self._coded_drug)

    def name(self, rxcui: str) -> str:
        """The readable name of an ingredient or product; the code itself when it is not known."""
        found = self._terms.term(rxcui)
        return found.name if found else rxcui

    def readable(self, ingredients: Iterable[str]) -> str:
        """The ingredients' names in alphabetical order, as RxNorm joins them."""
        return " / ".join(sorted(map(self.name, ingredients), key=str.casefold))

    def product(self, rxcui: str) -> tuple[str, Ingredients] | None:
        """The name and base ingredients of a product or brand."""
        found = self._terms.term(rxcui)
        return (found.name, found.base) if found else None

    def ordered_name(self, drug: Drug) -> str:
        """RxNorm's name of what an order's code stands for; "" where only words were recognised."""
        found = self._term(drug.matched) if drug.matched else None
        return found.name if found else ""

    def is_product(self, drug: Drug) -> bool:
        """Whether an order's code stands for a product, which says its form."""
        return drug.matched is not None and self._level(drug.matched) == "product"

    def coded(self, coding: Coding) -> Ingredients:
        """The base ingredients a RxNorm, UNII or NDC code stands for; empty when not recognised."""
        if coding.system == UNII:
            return self._terms.unii(coding.code)
        found = self._term(coding)
        return found.base if found else ()

    def named(self, text: str) -> Ingredients:
        """The base ingredients of text that is exactly a known ingredient or brand name."""
        return self._terms.named(normal(text))

    def resolve(self, concept: Concept) -> Drug | None:
        """What drug a concept names, or None.

        Senders put several codes of several levels, sometimes of foreign brands, into one concept.
        The clinical products (SCD, SBD, packs) decide when they agree on the ingredients, else the
        explicit combinations (MIN) when they agree, else the set that most codings support, the
        first one on a tie: never the union, which would invent a drug nobody ordered. Without a
        recognised code the text and then the displays are read; two readings that differ are none.
        """
        return self._from_codes(concept.codes) or self._from_text(concept)

    def _coded_drug(self, codes: Codes) -> Drug | None:
        """What drug the codes alone name."""
        if found := self._decided([Coding(*code) for code in codes]):
            coding, ingredients = found
            return Drug(ingredients, self.readable(ingredients), "code", coding)
        return None

    def _decided(self, codings: Iterable[Coding]) -> tuple[Coding, Ingredients] | None:
        known = [(c, self._level(c), found) for c in codings if (found := self.coded(c))]
        for level in ("product", "combination"):
            sets = {found for _, its_level, found in known if its_level == level}
            if len(sets) == 1:
                return next((c, found) for c, its_level, found in known if its_level == level)
        votes = Counter(found for *_, found in known)
        return max(((c, s) for c, _, s in known), key=lambda pair: votes[pair[1]], default=None)

    def _level(self, coding: Coding) -> str:
        found = self._term(coding)
        tty = found.tty if found else ""
        return "product" if tty in _PRODUCTS else "combination" if tty == "MIN" else "other"

    def _term(self, coding: Coding) -> Term | None:
        """The RxNorm concept of an RxNorm or NDC code."""
        if coding.system == NDC:
            return self._terms.term(self._terms.ndc(coding.code))
        return self._terms.term(coding.code) if coding.system == RXNORM else None

    def _from_text(self, concept: Concept) -> Drug | None:
        sets = {found for text in concept.texts if text and (found := self.read(text))}
        if len(sets) != 1:
            return None
        ingredients = sets.pop()
        return Drug(ingredients, self.readable(ingredients), "text")

    def read(self, text: str) -> Ingredients:
        """The ingredients of a drug as people write it: name, then strength and form, or nothing.

        "amoxicillin 250 MG / clavulanate 125 MG Oral Tablet [Augmentin]" is read part by part.
        One word that is neither a drug's name nor a strength or form leaves the whole text unread.
        """
        if len(text) > LONGEST:
            return ()
        text = spaced(text)
        if found := self.named(text):
            return found
        text = _PAREN.sub(
            lambda inside: f"[{inside[1]}]" if self.named(inside[1]) else inside[0], text
        )
        brands = {found for brand in _BRACKET.findall(text) if (found := self.named(brand))}
        plain = _BRACKET.sub(" ", text)
        found = (
            self._leading(_spelled(plain))
            or self._parts(_BETWEEN.split(plain))
            or self._parts(_HYPHENS.split(plain))
        )
        if self._is_numbered(text, found) or (len(found) == 1 and _has_two_strengths(plain)):
            return ()
        return found if not brands or brands == {found} else ()

    def _is_numbered(self, text: str, found: Ingredients) -> bool:
        """Whether a name goes on with a number: a brand with one may be another drug."""
        match = _NUMBERED.fullmatch(text)
        if match is None or match[2]:
            return match is not None
        return normal(match[1]) not in {normal(self.name(code)) for code in found}

    def _parts(self, texts: Iterable[str]) -> Ingredients:
        """The ingredients of all parts; nothing when a part is neither drug nor mere strength."""
        found: set[str] = set()
        for part in map(_spelled, texts):
            if ingredients := self._leading(part):
                found.update(ingredients)
            elif not found or not all(map(self._is_form, part)):
                return ()
        return tuple(sorted(found))

    def _leading(self, text: list[str]) -> Ingredients:
        """The longest drug name that starts the words, if only strength and form follow it."""
        start = self._quantity(text)
        for end in range(min(len(text), start + self._terms.longest), start, -1):
            if found := self._terms.named(" ".join(text[start:end])):
                is_read = all(map(self._is_form, text[end:])) and not _counts(text[end - 1 :])
                return found if is_read else ()
        return ()

    def _quantity(self, text: list[str]) -> int:
        """How many words a leading amount takes, as in "5 ML" or "24 HR"."""
        start = 0
        while start + 1 < len(text) and text[start].isdecimal() and self._is_form(text[start + 1]):
            start += 1 if text[start + 1].isdecimal() else 2
        return start

    def _is_form(self, word: str) -> bool:
        if strength := _STRENGTH.fullmatch(word):
            return not strength[1] or strength[1] in self._forms
        return word in self._forms or word.removesuffix("s") in self._forms

    def search(self, text: str, limit: int) -> list[tuple[str, str]]:
        """Codes and names that contain all the words as word beginnings; shortest names first."""
        wanted = words(text)
        found = [
            (code, name) for code, name in self._terms.names() if wanted and _starts(name, wanted)
        ]
        return sorted(found, key=lambda pair: (len(pair[1]), pair[1], pair[0]))[:limit]


def _counts(words: list[str]) -> bool:
    """Whether a number that ends a name may count tablets instead: "Tylenol 2 tablets"."""
    return words[0].isdecimal() and "".join(words[1:2]).startswith(("tab", "cap"))


def _has_two_strengths(text: str) -> bool:
    """Whether a text has the strengths of two drugs, as "hydrocodone 5/325"; no range of doses."""
    return any(
        (low, high) not in _FRACTIONS
        and not (sign == "-" and unit and float(high) == 2 * float(low))
        for low, sign, high, unit in _PAIRED.findall(text)
    )


def _spelled(text: str) -> list[str]:
    return [_SPELLED.get(word, word) for word in words(text)]


def _starts(name: str, wanted: list[str]) -> bool:
    there = words(name)
    return all(any(word.startswith(part) for word in there) for part in wanted)
