"""A browser session of the demo EHR, and in it a desk for each chart that is open."""

import asyncio
import secrets
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import Final, Literal
from uuid import uuid4

from service.demo.cards import Shown
from service.demo.exchange import Exchange
from service.demo.orders import Order
from service.demo.switches import Switches

_MOST_SESSIONS: Final = 64
_MOST_DESKS: Final = 8
_KEPT_EXCHANGES: Final = 8
_KEPT_ACTS: Final = 200


@dataclass(frozen=True, slots=True)
class Notice:
    """What the EHR says after an act: done, or why not."""

    kind: Literal["done", "problem"]
    text: str


@dataclass(slots=True)
class Desk:
    """One open chart.

    Attributes:
        patient: FHIR id.
        session: the ordering session; a new one begins when orders are signed.
        cards: as they are shown.
        exchanges: the latest calls, newest first.
        overridden: what was overridden in this ordering session, with the reason.
        reviewed: the drafts, in the versions that order-sign was last answered for.
        key: of the next act of ordering; a new one once that is done.
        acts: of ordering that are done; a repeated one is passed over.
        notices: to be shown once.
        turn: counts what was done, so that a late answer never covers a newer one.
        lock: acts on one desk happen one after the other.
    """

    patient: str
    session: str = field(default_factory=lambda: str(uuid4()))
    cards: list[Shown] = field(default_factory=list)
    exchanges: deque[Exchange] = field(default_factory=lambda: deque(maxlen=_KEPT_EXCHANGES))
    overridden: dict[tuple[str, str, str], str] = field(default_factory=dict)
    reviewed: str = ""
    key: str = field(default_factory=lambda: str(uuid4()))
    acts: deque[str] = field(default_factory=lambda: deque(maxlen=_KEPT_ACTS))
    notices: list[Notice] = field(default_factory=list)
    turn: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def say(self, kind: Literal["done", "problem"], text: str) -> None:
        """Have something said to the user."""
        self.notices.append(Notice(kind, text))

    def done(self, act: str) -> None:
        """Remember an act of ordering; the next one gets a key of its own."""
        self.acts.append(act)
        self.key = str(uuid4())

    def told(self) -> list[Notice]:
        """What is to be said now, and not again."""
        said, self.notices = self.notices, []
        return said

    def show(self, service: str, cards: list[Shown]) -> None:
        """Put up a service's cards in place of its earlier ones.

        Advice that was overridden in this ordering session does not ask again.
        """
        self.cards = [card for card in self.cards if card.service != service]
        for card in cards:
            if (reason := self.overridden.get(card.topic)) is not None:
                card.state, card.told = "overridden", f"Overridden earlier: {reason}"
        self.cards += cards

    def card(self, card_id: str) -> Shown | None:
        """The card of that id, while it is shown."""
        return next((card for card in self.cards if card.id == card_id), None)

    def exchange(self, hook_instance: str) -> Exchange | None:
        """A call that is remembered."""
        return next((e for e in self.exchanges if e.hook_instance == hook_instance), None)

    def undecided(self, hook: str, *indicators: str) -> list[Shown]:
        """Open cards of these urgencies that answer a hook."""
        found = [card for card in self.cards if card.hook == hook and card.state == "open"]
        return [card for card in found if card.indicator in indicators]

    def begin_anew(self) -> None:
        """Close the chart and open it again: nothing of earlier advice stays."""
        self.cards, self.reviewed = [], ""
        self.overridden = {}

    def finish(self) -> None:
        """Orders are signed: a new ordering session begins; what is for information stays."""
        self.session = str(uuid4())
        self.cards = [c for c in self.cards if c.state == "open" and c.indicator == "info"]
        self.overridden, self.reviewed = {}, ""


def stamp(drafts: list[Order]) -> str:
    """What tells whether drafts have changed."""
    return " ".join(sorted(f"{draft.reference}@{draft.version}" for draft in drafts))


@dataclass(slots=True)
class Session:
    """One browser's desks, by patient, and its switches."""

    id: str
    switches: Switches = field(default_factory=Switches)
    desks: OrderedDict[str, Desk] = field(default_factory=OrderedDict)

    def desk(self, patient: str) -> Desk:
        """The patient's desk; the one unused for longest gives way when there are too many."""
        desk = self.desks.setdefault(patient, Desk(patient))
        self.desks.move_to_end(patient)
        if len(self.desks) > _MOST_DESKS:
            self.desks.popitem(last=False)
        return desk


class Sessions:
    """The sessions of all browsers, as many as are kept."""

    def __init__(self) -> None:
        """Begin with none."""
        self._sessions: OrderedDict[str, Session] = OrderedDict()

    def get(self, session_id: str) -> Session | None:
        """The session of that id, if it is still known."""
        if session_id in self._sessions:
            self._sessions.move_to_end(session_id)
        return self._sessions.get(session_id)

    def new(self) -> Session:
        """A new session; the one unused for longest gives way when there are too many."""
        session = Session(secrets.token_urlsafe(24))
        self._sessions[session.id] = session
        if len(self._sessions) > _MOST_SESSIONS:
            self._sessions.popitem(last=False)
        return session
