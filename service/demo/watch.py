"""How the service came to an answer, told to the demo EHR in its own process and to nobody else.

Only calls that were announced are looked at; what others get is not changed by any of this.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from prefetch import needs
from prefetch.data import Data
from prefetch.states import Reason
from rules._allergy.orders import drugs_of
from rules._cards import with_topic
from rules._knowledge.knowledge import Knowledge
from rules._rule import Rule
from service.record import Record

_KEPT: Final = 64


@dataclass(frozen=True, slots=True)
class KeyTold:
    """A prefetch key: its state, the reason it was not obtained, and how much it holds."""

    key: str
    state: str
    reason: str
    count: int | None


@dataclass(frozen=True, slots=True)
class RuleTold:
    """A rule: its id and title, and how it ended, in words."""

    id: str
    title: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Reading:
    """An order or allergy entry in its own words, and what it was taken for."""

    kind: str
    words: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that is told of one call."""

    keys: tuple[KeyTold, ...]
    rules: tuple[RuleTold, ...]
    readings: tuple[Reading, ...]
    milliseconds: float


class Watch:
    """Keeps the explanations of announced calls, as many as are kept."""

    def __init__(self) -> None:
        """Begin with none."""
        self._told: OrderedDict[str, Explanation | None] = OrderedDict()

    def announce(self, hook_instance: str) -> None:
        """Have a call looked at that is about to be made."""
        self._told[hook_instance] = None
        if len(self._told) > _KEPT:
            self._told.popitem(last=False)

    def __call__(self, hook_instance: str, record: Record) -> None:
        """Take note of an answered call, if it was announced."""
        if hook_instance in self._told:
            self._told[hook_instance] = explain(record, Knowledge.shipped())

    def explanation(self, hook_instance: str) -> Explanation | None:
        """What is known of a call; None when nothing is."""
        return self._told.get(hook_instance)


def explain(record: Record, know: Knowledge) -> Explanation:
    """What a record of a call tells."""
    queries = {need.key: need for rule in record.rules for need in rule.queries}
    found = [(key, record.chart.data(key)) for key in queries]
    return Explanation(
        keys=tuple(_key(key, data) for key, data in found if data is not None),
        rules=tuple(RuleTold(r.id, r.title, _outcome(r, record)) for r in record.rules),
        readings=(*_orders(record, know), *_allergies(record, know)),
        milliseconds=record.seconds * 1000,
    )


def _key(key: str, data: Data) -> KeyTold:
    count = len(list(data)) if data.obtained else None
    return KeyTold(key, str(data.state), data.reason.words if data.reason else "", count)


def _outcome(rule: Rule, record: Record) -> str:
    if record.result is None:
        return "could not run: data it needs was not obtained"
    if rule.id in record.result.ran:
        topic = with_topic(rule.source, rule.id).topic
        cards = sum(card.source.topic == topic for card in record.result.cards)
        shown = "" if rule.status == "active" else f", and is in {rule.status}: nothing is shown"
        return f"ran: {cards} card{'' if cards == 1 else 's'}{shown}"
    if rule.id in record.result.failed:
        return "failed: a defect of the rule"
    lacking = record.result.blocked.get(rule.id, [])
    return f"could not run: {'; '.join(_lack(need.words, reason) for need, reason in lacking)}"


def _lack(words: str, reason: Reason) -> str:
    return f"{words} - {reason.words}"


def _orders(record: Record, know: Knowledge) -> Iterator[Reading]:
    chart = record.chart
    listed = chart.medications if not chart.selected and chart.knows(needs.medications) else ()
    for order in (*chart.selected, *listed):
        drugs = drugs_of(order, know)
        names = "; ".join(f"{drug.name} (by {drug.basis})" for drug in drugs)
        yield Reading("order", order.label, names or "not recognised")


def _allergies(record: Record, know: Knowledge) -> Iterator[Reading]:
    if not record.chart.knows(needs.allergies):
        return
    for allergy in record.chart.allergies:
        found = [know.allergen(substance) for substance in allergy.substances]
        meaning = "; ".join(f"{each.kind}: {each.name or 'nothing known'}" for each in found)
        yield Reading("allergy", allergy.substance.label, meaning or "not recognised")
