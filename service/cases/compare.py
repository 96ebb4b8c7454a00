"""Expected cards against found ones, and how they differ, in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from msgspec import UNSET

from rules._cards import NOT_CHECKED_TOPIC, topic_code
from service.cases.case import Case, Expected

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """A card in the terms of a case.

    Attributes:
        indicator: info, warning or critical.
        summary: the summary.
        suggestions: the labels of its suggestions.
        detail: the detail; "" when there is none.
        is_gap: whether it says what was not checked.
    """

    indicator: str
    summary: str
    suggestions: list[str]
    detail: str
    is_gap: bool = False

    def __str__(self) -> str:
        """One line."""
        return f"{self.indicator}: {self.summary}"


def shown(answer: Json, rule_id: str) -> list[Found]:
    """The rule's own cards of an answer, and the one for what was not checked."""
    topics = (topic_code(rule_id), NOT_CHECKED_TOPIC)
    return [
        Found(
            indicator=card["indicator"],
            summary=card["summary"],
            suggestions=[s["label"] for s in card.get("suggestions", [])],
            detail=card.get("detail", ""),
            is_gap=card["source"]["topic"]["code"] == NOT_CHECKED_TOPIC,
        )
        for card in answer["cards"]
        if card["source"]["topic"]["code"] in topics
    ]


def unlike(case: Case, found: Sequence[Found]) -> list[str]:
    """How the cards differ from what a case, or a row of a table, expects; in words."""
    if not case.verdict:
        return differences(case.written.cards, found)
    own = [card.indicator for card in found if not card.is_gap]
    verdict = own[0] if own else "not checked" if found else "silent"
    if verdict == case.verdict:
        return []
    return [f"expected  {case.verdict}", f"found     {verdict}", *(f"  {card}" for card in found)]


def differences(expected: Sequence[Expected], found: Sequence[Found]) -> list[str]:
    """How the cards differ, in words; nothing when each is as expected, in order."""
    told: list[str] = []
    for number, (wanted, card) in enumerate(_paired(list(expected), list(found)), 1):
        if wanted is None:
            told += [f"card {number} was not expected", f"  found     {card}"]
        elif card is None:
            told += [f"card {number} is missing", *_wanted(wanted)]
        elif lines := list(_unlike(wanted, card)):
            told += [f"card {number} differs", *lines]
    return told


def _paired(
    expected: list[Expected], found: list[Found]
) -> list[tuple[Expected | None, Found | None]]:
    """Each expected card with the one in its place; where one is too many, equals come first."""
    pairs: list[tuple[Expected | None, Found | None]] = []
    if len(expected) != len(found):
        for wanted in list(expected):
            card = next((card for card in found if not any(_unlike(wanted, card))), None)
            if card is not None:
                pairs.append((wanted, card))
                expected.remove(wanted)
                found.remove(card)
    return pairs + list(zip_longest(expected, found))


def _unlike(wanted: Expected, card: Found) -> Iterator[str]:
    """The members that differ, expected above found."""
    for name in ("indicator", "summary", "suggestions"):
        expected, got = getattr(wanted, name), getattr(card, name)
        if expected not in (UNSET, got):
            yield f"  {name}"
            yield f"    expected  {_words(expected)}"
            yield f"    found     {_words(got)}"
    for phrase in wanted.says or ():
        if phrase not in card.detail:
            yield "  detail"
            yield f"    expected  … {phrase} …"
            yield f"    found     {card.detail or 'nothing'}"


def _wanted(wanted: Expected) -> Iterator[str]:
    for name in ("indicator", "summary", "suggestions"):
        if (value := getattr(wanted, name)) is not UNSET:
            yield f"  expected  {name}: {_words(value)}"


def _words(value: str | list[str]) -> str:
    return value if isinstance(value, str) else "; ".join(value) or "none"
