"""Reactions: the one of an entry that a headline names."""

import re
from typing import Final

from prefetch.allergy import Allergy
from rules._knowledge.knowledge import Knowledge
from rules._knowledge.names import LONGEST, untagged
from rules._text import plain

# The gravest first; what nobody knows the words of comes before what is benign.
_GRAVITY: Final = ("severe", "respiratory", "immediate", "other", "rash")
# Codes without words, and words that say that it is not said.
_NOTHING_SAID: Final = re.compile(
    r"[\d.]*|other\b.*|unknown\b.*|unspecified\b.*|not (?:known|specified|on file)|see comments?"
    r"|none|n/a|allerg(?:y|ies)|reaction"
)
_ACRONYMS: Final = re.compile(r"\b(?:agep|dili|dress|gi|sjs)\b")


def gravest(allergy: Allergy, know: Knowledge) -> str:
    """What happened, in a few words of the chart; else "intolerance" or "allergy"."""
    named = [_named(told) for told in allergy.manifestations]
    said = [n for n in named if not _NOTHING_SAID.fullmatch(n) and know.reactions([n])]
    if not said:
        return "intolerance" if allergy.is_intolerance else "allergy"
    worst = min(said, key=lambda name: _gravity(name, know))
    return plain(_ACRONYMS.sub(lambda short: short[0].upper(), worst), 40)


def _named(told: str) -> str:
    return untagged(" ".join(told[:LONGEST].split())).lower()


def _gravity(name: str, know: Knowledge) -> int:
    kinds = know.reactions([name])
    return next((n for n, kind in enumerate(_GRAVITY) if kind in kinds), len(_GRAVITY))
