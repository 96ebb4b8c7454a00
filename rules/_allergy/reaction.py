"""Reactions: the one of an entry that a headline names."""

import re
from typing import Final

from prefetch.allergy import Allergy
from rules._knowledge.knowledge import Knowledge
from rules._knowledge.names import LONGEST, explained, untagged
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
_ACRONYMS: Final = re.compile(r"\b(?:agep|dili|dress|gi|hit|sjs|ten)\b")


@remembered
def told_of(allergy: Allergy, know: Knowledge, /) -> tuple[str, ...]:
    """Every wording of what happened, to look up: the reactions', and remarks on the substance."""
    return (*allergy.told, *_remarks(allergy, know))


def gravest(allergy: Allergy, know: Knowledge) -> str:
    """What happened, in a few words of the chart; else "intolerance" or "allergy"."""
    named = [_named(told) for told in (*allergy.manifestations, *_remarks(allergy, know))]
    said = [n for n in named if not _NOTHING_SAID.fullmatch(n) and know.reactions([n])]
    if not said:
        return "intolerance" if allergy.is_intolerance else "allergy"
    worst = min(said, key=lambda name: _gravity(name, know))
    return plain(_ACRONYMS.sub(lambda short: short[0].upper(), worst), 40)


def _remarks(allergy: Allergy, know: Knowledge) -> list[str]:
    """What follows the substance's name where a reaction is told, as in "codeine - nausea"."""
    texts = (allergy.substance.text, *(c.display for c in allergy.substance.codings))
    told = dict.fromkeys(explained(" ".join(text[:LONGEST].split()))[1] for text in texts)
    return [remark for remark in told if remark and know.reactions([remark]) - {OTHER}]


def _named(told: str) -> str:
    return untagged(" ".join(told[:LONGEST].split())).lower()


def _gravity(name: str, know: Knowledge) -> int:
    kinds = know.reactions([name])
    return next((n for n, kind in enumerate(_GRAVITY) if kind in kinds), len(_GRAVITY))
