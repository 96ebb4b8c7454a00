"""Reactions: the one of an entry that a headline names."""

import re
from typing import Final

from prefetch.allergy import Allergy
from prefetch.coding import Concept
from rules._knowledge.allergens import Allergen
from rules._knowledge.knowledge import Knowledge
from rules._knowledge.names import LONGEST, explained, says_more, takes_back, untagged
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


@remembered
def told_of(allergy: Allergy, know: Knowledge, /) -> tuple[str, ...]:
    """Every wording of what happened, to look up: the reactions', and remarks on the substance."""
    return (*allergy.told, *_remarks(allergy, know))


def gravest(allergy: Allergy, know: Knowledge) -> str:
    """What happened, in a few words of the chart; else "intolerance" or "allergy"."""
    named = [_named(told) for told in (*allergy.manifestations, *_remarks(allergy, know))]
    said = [name for name in named if _tells(name, know)]
    if not said:
        return "intolerance" if allergy.is_intolerance else "allergy"
    worst = min(said, key=lambda name: _gravity(name, know))
    if worst in _WORDS_TOO:
        return worst.upper()
    return plain(_ACRONYMS.sub(lambda short: short[0].upper(), worst), 40)


def _tells(name: str, know: Knowledge) -> bool:
    """Whether a wording tells of a reaction, and does not only hold its place."""
    kinds = know.reactions([name])
    return bool(kinds - {OTHER}) or (bool(kinds) and not _NOTHING_SAID.fullmatch(name))


def _remarks(allergy: Allergy, know: Knowledge) -> list[str]:
    """What follows the substance's name where a reaction is told, as in "codeine - nausea"."""
    substance = allergy.substance
    texts = dict.fromkeys((substance.text, *(c.display for c in substance.codings)))
    parts = (explained(" ".join(text[:LONGEST].split())) for text in texts)
    return [
        remark
        for name, remark, _ in parts
        if remark
        and not (says_more(name) or takes_back(remark) or explained(remark)[0])
        and know.reactions([remark]) - {OTHER}
        and _same(know.allergen(Concept(text=name)), know.allergen(substance))
    ]


def _same(one: Allergen, other: Allergen) -> bool:
    """Whether both are the very same: a remark on one of several is no remark on the others."""
    return (one.ingredients, one.classes, one.foods) == (
        other.ingredients,
        other.classes,
        other.foods,
    )


def _named(told: str) -> str:
    return untagged(" ".join(told[:LONGEST].split())).lower()


def _gravity(name: str, know: Knowledge) -> int:
    kinds = know.reactions([name])
    return next((n for n, kind in enumerate(_GRAVITY) if kind in kinds), len(_GRAVITY))
