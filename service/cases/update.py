"""Writes what a rule says now into its cases, to be reviewed as a diff."""

import json
from difflib import unified_diff
from typing import Any

import msgspec
from msgspec import UNSET

from rules._places import shown
from service.cases.case import Case, Expected
from service.cases.compare import Found
from service.cases.outcome import Outcome

Json = dict[str, Any]


def rewritten(outcome: Outcome) -> str:
    """The text of a case's file with the cards that were found, as far as it asks for them.

    What a case leaves open stays open; a card that is new gets all but its detail.
    """
    case = outcome.case
    wanted = case.written.cards
    cards = [
        _kept(wanted[place] if place < len(wanted) else None, card)
        for place, card in enumerate(outcome.found)
    ]
    return formatted(msgspec.structs.replace(case.written, cards=cards))


def formatted(written: msgspec.Struct) -> str:
    """A case as a file: members in the order of `Written`, so that diffs show changes only."""
    return json.dumps(msgspec.to_builtins(written), indent=2, ensure_ascii=False) + "\n"


def diff(case: Case, text: str) -> str:
    """What would change in the case's file."""
    before = case.path.read_text(encoding="utf-8").splitlines(keepends=True)
    name = shown(case.path)
    return "".join(unified_diff(before, text.splitlines(keepends=True), name, name))


def _kept(wanted: Expected | None, card: Found) -> Expected:
    everything = Expected(card.indicator, card.summary, card.suggestions or UNSET)
    if wanted is None:
        return everything
    return Expected(
        indicator=UNSET if wanted.indicator is UNSET else card.indicator,
        summary=UNSET if wanted.summary is UNSET else card.summary,
        suggestions=UNSET if wanted.suggestions is UNSET else card.suggestions,
        says=[phrase for phrase in wanted.says or () if phrase in card.detail] or UNSET,
    )
