"""Reactions: what kind of reaction the words of an allergy record tell of."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from rules._knowledge import tables
from rules._knowledge.names import LONGEST, normal

_DENIED: Final = r"(?<!\bno )(?<!\bnot )(?<!\bdenies )(?<!\bdenied )(?<!\bwithout )(?<!\bnever )"


class Reactions:
    """The words of reactions that are known, each with the kinds of reaction it tells of."""

    def __init__(self, folder: Path) -> None:
        """Read the table."""
        found = {phrase: kinds.split("|") for phrase, kinds, _ in tables.rows(folder, "reactions")}
        self._kinds = found
        longest_first = sorted(found, key=len, reverse=True)
        self._phrase = re.compile(rf"{_DENIED}\b(?:{'|'.join(map(re.escape, longest_first))})\b")

    def kinds(self, told: Iterable[str]) -> frozenset[str]:
        """The kinds of reaction that words tell of: severe, respiratory, immediate, ...

        Words that are not known, and what is denied ("no anaphylaxis"), tell of none.
        """
        texts = [normal(text[:LONGEST]) for text in told]
        phrases = {phrase for text in texts for phrase in self._phrase.findall(text)}
        return frozenset(kind for phrase in phrases for kind in self._kinds[phrase])
