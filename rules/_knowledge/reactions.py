"""Reactions: what kind of reaction the words of an allergy record tell of."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from rules._knowledge import tables
from rules._knowledge.names import LONGEST, RELATIVES, normal

#: The kind of what words tell of that are not known: it may be anything.
OTHER: Final = "other"

_DENIAL: Final = "no|not|denies|denied|without|never"
_OF: Final = "history|hx|signs?|evidence|report"
# Words that tell of no reaction by themselves; and what SNOMED CT's names end in.
_FILLER: Final = frozenset(
    {
        *("a", "an", "and", "as", "in", "of", "on", "only", "or", "the", "to", "with"),
        *("mild", "moderate", "severe", "slight", "some", "generalized", "localized"),
        *("allergic", "reaction", "reactions", "disorder", "finding", "symptom", "skin"),
        *("bad", "high", "red", "all", "over", "body", "arm", "arms", "leg", "legs"),
        *("at", "for", "from", "after", "when", "while", "dose", "doses", "years", "ago", "age"),
        *("child", "childhood", "infant", "baby", "per"),
        *("pt", "patient", "history", "hx", "reported"),
    }
)
# Where these are all that is said, it may have been any reaction.
_REACTED: Final = frozenset({"allergic", "reaction", "reactions"})
_GRAVE: Final = frozenset({"bad", "severe"})


class Reactions:
    """The words of reactions that are known, each with the kinds of reaction it tells of."""

    def __init__(self, folder: Path) -> None:
        """Read the table."""
        found = {phrase: kinds.split("|") for phrase, kinds, _ in tables.rows(folder, "reactions")}
        self._kinds = found
        any_of = "|".join(map(re.escape, sorted(found, key=len, reverse=True)))
        self._phrase = re.compile(rf"\b(?:{any_of})\b")
        joined = rf"(?:{any_of})(?: (?:or|nor) (?:{any_of}))*"
        self._denied = re.compile(
            rf"\b(?:(?:{_DENIAL}) (?:(?:{_OF}) of |h o )?{joined}|{joined} ruled out)\b"
        )

    def kinds(self, told: Iterable[str]) -> frozenset[str]:
        """The kinds of reaction that words tell of: severe, respiratory, immediate, ...

        What is denied ("no anaphylaxis") is told of nothing; words that are not known, `OTHER`.
        """
        return frozenset(kind for text in told for kind in self._of(normal(text[:LONGEST])))

    def _of(self, text: str) -> Iterator[str]:
        if not RELATIVES.isdisjoint(text.split()):
            yield OTHER  # somebody else's
            return
        stated = self._denied.sub(" ", text)
        phrases = self._phrase.findall(stated)
        for phrase in phrases:
            yield from self._kinds[phrase]
        rest = self._phrase.sub(" ", stated).split()
        unsaid = not _REACTED.isdisjoint(rest) and not (phrases and _GRAVE.isdisjoint(rest))
        if unsaid or not _FILLER.issuperset(rest):
            yield OTHER
