"""Reactions: the one of an entry that a headline names."""

import re
from typing import Final

from prefetch.allergy import Allergy
from prefetch.coding import Concept
from rules._knowledge.allergens import Allergen
from rules._knowledge.knowledge import Knowledge
from rules._knowledge.names import LONGEST, explained, says_more, spaced, takes_back, untagged
from rules._knowledge.reactions import OTHER
from rules._remember import remembered
from rules._text import plain

# The gravest first; what nobody knows the words of comes before what is benign.
_GRAVITY: Final = ("severe", "respiratory", "immediate", "other", "rash")
# Codes without words, and words that say that it is not said.
_NOTHING_SAID: Final = re.compile(
    r"[\d.]*|other\b.*|unknown\b.*|unspecified\b.*|not (?:known|specified|on file)|see comments?"
    r"|none\b.*|n/a|unk|\W*|comments?|not verified|historical|allerg(?:y|ies)|reaction(?: unknown)?"
    r"|(?:mother|father|family|sister|brother)\b.*"
)
_WORDS_TOO: Final = frozenset({"dress", "hit", "ten"})
_ACRONYMS: Final = re.compile(r"\b(?:agep|dili|gi|sjs)\b")


def told_of(allergy: Allergy, know: Knowledge) -> tuple[str, ...]:
    """Every wording of what happened, to look up: the reactions', and remarks on the substance."""
    return (*allergy.told, *_remarks(allergy, know))


def gravest(allergy: Allergy, know: Knowledge) -> str:
    """What happened, in a few words of the chart; else "intolerance" or "allergy"."""
    named = map(_named, (*allergy.manifestations, *_remarks(allergy, know)))
    kinds = {name: know.reactions([name]) for name in named}
    said = [name for name in kinds if _tells(name, kinds[name])]
    if not said:
        return "intolerance" if allergy.is_intolerance else "allergy"
    worst = min(said, key=lambda name: _gravity(kinds[name]))
    if worst in _WORDS_TOO:
        return worst.upper()
    return plain(_ACRONYMS.sub(lambda short: short[0].upper(), worst), 40)


def _tells(name: str, kinds: frozenset[str]) -> bool:
    """Whether a wording tells of a reaction, and does not only hold its place."""
    return bool(kinds - {OTHER}) or (bool(kinds) and not _NOTHING_SAID.fullmatch(name))


@remembered
def _remarks(allergy: Allergy, know: Knowledge, /) -> tuple[str, ...]:
    """What follows the substance's name where a reaction is told, as in "codeine - nausea"."""
    substance = allergy.substance
    texts = dict.fromkeys(substance.texts)
    parts = (explained(spaced(text[:LONGEST])) for text in texts)
    found = [
        remark
        for name, remark, _ in parts
        if remark
        and not (says_more(name) or takes_back(remark) or explained(remark)[0])
        and know.reactions([remark]) - {OTHER}
        and _same(know.allergen(Concept(text=name)), know.allergen(substance))
    ]
    return tuple(found)


def _same(one: Allergen, other: Allergen) -> bool:
    """Whether both are the very same: a remark on one of several is no remark on the others."""
    return (one.ingredients, one.classes, one.foods) == (
        other.ingredients,
        other.classes,
        other.foods,
    )


def _named(told: str) -> str:
    return untagged(spaced(told[:LONGEST])).lower()


def _gravity(kinds: frozenset[str]) -> int:
    return next((n for n, kind in enumerate(_GRAVITY) if kind in kinds), len(_GRAVITY))
