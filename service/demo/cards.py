"""Cards on the desk: shown until acted upon, or until the same service is called again."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from uuid import uuid4

from rules._cards import NOT_CHECKED_TOPIC
from rules._text import markdown, shorten

Json = dict[str, Any]

_URGENCY: Final = ("critical", "warning", "info")
_NUMBER: Final = re.compile(r"[0-9]{1,3}")
_BEHAVIOURS: Final = frozenset({"at-most-one", "any"})


@dataclass(slots=True)
class Shown:
    """A card, and what became of it.

    Attributes:
        service: the id of the service it is from.
        hook: the hook that it answers.
        hook_instance: the call it answers.
        card: as it came.
        state: open, accepted or overridden.
        told: what was done, in words; "" while it is open.
        id: its uuid, or one of our own where it came without.
    """

    service: str
    hook: str
    hook_instance: str
    card: Json
    state: Literal["open", "accepted", "overridden"] = "open"
    told: str = ""
    id: str = field(init=False)

    def __post_init__(self) -> None:
        """Give it an id to be addressed by."""
        self.id = str(self.card.get("uuid") or uuid4())

    @property
    def is_reported(self) -> bool:
        """Whether feedback can be given: only a card with a uuid takes any."""
        return bool(self.card.get("uuid"))

    @property
    def indicator(self) -> str:
        """Its urgency; one that is not known counts as the least."""
        found = self.card.get("indicator")
        return found if found in _URGENCY else "info"

    @property
    def suggestions(self) -> list[Json]:
        """Its suggestions; none where how to choose among them is not understood."""
        if self.card.get("selectionBehavior") not in _BEHAVIOURS:
            return []
        return [s for s in self.card.get("suggestions") or [] if s.get("label")]

    @property
    def takes_any(self) -> bool:
        """Whether several suggestions may be chosen."""
        return self.card.get("selectionBehavior") == "any"

    @property
    def reasons(self) -> list[Json]:
        """The override reasons that can be picked."""
        return [r for r in self.card.get("overrideReasons") or [] if r.get("display")]

    @property
    def topic(self) -> tuple[str, str, str]:
        """What makes it the same advice as another call's card."""
        source = self.card.get("source") or {}
        code = (source.get("topic") or {}).get("code", "")
        return self.service, str(code), str(self.card.get("summary"))

    @property
    def is_lasting(self) -> bool:
        """Whether overriding it holds for the same advice later; "Not checked" is of its moment."""
        return self.topic[1] not in ("", NOT_CHECKED_TOPIC)

    def chosen(self, wanted: list[str]) -> list[Json]:
        """The suggestions of these numbers; only the first, where at most one may be chosen."""
        found = [each for text in wanted if (each := picked(self.suggestions, text)) is not None]
        return found if self.takes_any else found[:1]


def picked(choices: list[Json], number: str) -> Json | None:
    """The choice of that number, as a form sends it; None for what is none."""
    place = int(number) if _NUMBER.fullmatch(number) else len(choices)
    return choices[place] if place < len(choices) else None


def most_urgent_first(cards: list[Shown]) -> list[Shown]:
    """Open cards before settled ones, and each by urgency."""
    return sorted(cards, key=lambda c: (c.state != "open", _URGENCY.index(c.indicator)))


def unchecked(service: str, hook: str, hook_instance: str, why: str, details: list[str]) -> Shown:
    """The EHR's own card for a call that brought no cards: nobody may take silence for consent."""
    summary = shorten(f"Not checked: {why}")
    lines = "\n".join(f"- {markdown(each)}" for each in details)
    source = {"label": "This EHR"}
    card = {"summary": summary, "detail": lines, "indicator": "warning", "source": source}
    return Shown(service, hook, hook_instance, card)


def feedback(
    shown: Shown, outcome: str, at: str, more: Mapping[str, Any] | None = None
) -> list[Json]:
    """The feedback on a card; none when it came without a uuid."""
    if not shown.is_reported:
        return []
    return [{"card": shown.id, "outcome": outcome, **(more or {}), "outcomeTimestamp": at}]
