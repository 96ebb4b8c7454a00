"""From findings to cards: identity, order, wording and proof that each may leave."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final
from uuid import UUID, uuid5

from hooks.cards import Card, Link, SelectionBehavior, Source, Suggestion, Topic
from hooks.errors import InvalidAnswer
from rules._action_profile import STANDARD, ActionProfile
from rules._actions import to_action
from rules._finding import Advice, Finding, NotChecked, Replacement
from rules._override_reasons import OVERRIDE_REASONS
from rules._rule import Rule
from rules._text import markdown, plain, sentence, shorten

_log: Final = logging.getLogger("cardwise.rules")
# Names card ids: the same call, rule and finding give the same id, however often it is sent.
_NAMESPACE: Final = UUID("6f0f2a5e-4b1d-5c0e-9b53-1f2f6a3c7d10")
_TOPICS: Final = "urn:uuid:6f0f2a5e-4b1d-5c0e-9b53-1f2f6a3c7d10"
_NOT_CHECKED: Final = "not-checked"
_URGENCY: Final = {"critical": 0, "warning": 1, "info": 2}
_MOST_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class Call:
    """What cards need to know of the call they answer.

    Attributes:
        hook_instance: the call's id, as the EHR sent it.
        drafts: references of the draft orders.
        pages: URL below which the rules' pages are found.
        own_source: who speaks on a "not checked" card.
        actions: what the EHR makes of suggestions.
        always_answers: whether a "not checked" card is given even when no check could be made.
    """

    hook_instance: str
    drafts: frozenset[str]
    pages: str
    own_source: Source
    actions: ActionProfile = STANDARD
    always_answers: bool = False


def to_cards(rule: Rule, findings: Iterable[Finding], call: Call) -> list[Card]:
    """The cards for a rule's findings; two that are about the same things stay two.

    Raises:
        InvalidAnswer: the rule yielded a text that no card may have.
    """
    cards: dict[str, Card] = {}
    for finding in findings:
        card = to_card(rule, finding, call)
        if card.uuid in cards and cards[card.uuid].summary != card.summary:
            card = to_card(rule, replace(finding, key=f"{finding.key}|{finding.summary}"), call)
        cards.setdefault(card.uuid, card)
    return list(cards.values())


def checked_gap(gap: object) -> NotChecked:
    """What a rule yielded beside its findings, once it is known to be one.

    Raises:
        InvalidAnswer: it is something else, or has words that no card may have.
    """
    if not isinstance(gap, NotChecked):
        raise InvalidAnswer(f"a rule yields Finding and NotChecked, not {type(gap).__name__}")
    texts = all(isinstance(text, str) and text.strip() for text in (gap.what, gap.why))
    if not texts or gap.indicator not in _URGENCY:
        raise InvalidAnswer("NotChecked: what and why are words, and indicator is one of a card's")
    return gap


def to_card(rule: Rule, finding: Finding, call: Call) -> Card:
    """The card for a finding.

    Raises:
        InvalidAnswer: the rule yielded a text that no card may have.
    """
    about = (item.reference for item in finding.about)
    identity = "|".join(filter(None, (rule.id, *about, finding.key)))
    uuid = _uuid(call, identity)
    suggestions, by_hand = _offered(finding.advice, call, identity)
    offers = "\n".join(p.evidence for p in finding.advice if isinstance(p, Replacement))
    return Card(
        uuid=uuid,
        summary=finding.summary,
        detail="\n\n".join(filter(None, (finding.detail, offers, _told(by_hand)))) or None,
        indicator=finding.indicator,
        source=with_topic(rule.source, rule.id),
        suggestions=tuple(suggestions) or None,
        selectionBehavior=_behaviour(call, finding.advice) if suggestions else None,
        overrideReasons=None if finding.indicator == "info" else OVERRIDE_REASONS,
        links=(*finding.links, Link(label="About this check", url=f"{call.pages}/{rule.id}")),
    )


def not_checked_card(gaps: Sequence[NotChecked], call: Call) -> Card:
    """One card for all that could not be checked, so that silence never looks like "all clear"."""
    gaps = sorted(gaps, key=lambda gap: _URGENCY[gap.indicator])
    first = gaps[0]
    indicator = first.indicator
    more = f" (and {len(gaps) - 1} more)" if len(gaps) > 1 else ""
    named = [f"- {markdown(sentence(gap.what))}: {markdown(gap.why)}" for gap in gaps[:_MOST_NAMED]]
    if len(gaps) > _MOST_NAMED:
        named.append(f"- and {len(gaps) - _MOST_NAMED} more")
    return Card(
        uuid=_uuid(call, _NOT_CHECKED),
        summary=shorten(f"Not checked{more}: {plain(first.what)} - {plain(first.why)}"),
        detail="Nothing below has been cleared:\n\n" + "\n".join(named),
        indicator=indicator,
        source=with_topic(call.own_source, _NOT_CHECKED),
        overrideReasons=None if indicator == "info" else OVERRIDE_REASONS,
    )


def rank(cards: Iterable[Card]) -> list[Card]:
    """Each card once, most urgent first; cards of one urgency keep their order."""
    distinct: dict[str, Card] = {}
    for card in cards:
        distinct.setdefault(card.uuid, card)
    return sorted(distinct.values(), key=lambda card: _URGENCY[card.indicator])


def _offered(
    advice: Sequence[Advice], call: Call, identity: str
) -> tuple[list[Suggestion], list[Advice]]:
    """The suggestions that the EHR carries out whole, and the advice that it would not."""
    offered: list[Suggestion] = []
    by_hand: list[Advice] = []
    apart = _apart(advice) or call.actions.at_most_one
    for piece in advice:
        # pieces of advice may exclude each other: where a user could take two, one is offered
        full = bool(offered) and not apart
        if full or not call.actions.carries_out(piece.changes):
            by_hand.append(piece)
            continue
        try:
            offered.append(_suggestion(piece, call, identity))
        except InvalidAnswer as error:
            # the card matters more than its button
            _log.warning("suggestion left out: %s", error)
    return offered, by_hand


def _suggestion(piece: Advice, call: Call, identity: str) -> Suggestion:
    return Suggestion(
        label=plain(piece.label, 80),
        uuid=_uuid(call, f"{identity}|{piece.key}"),
        actions=tuple(to_action(change, call.drafts, call.actions) for change in piece.changes),
    )


def _told(by_hand: Sequence[Advice]) -> str:
    """What is left for the user to do, as Markdown."""
    lines = [f"- {markdown(piece.label)}" for piece in by_hand]
    return "\n".join(["To do by hand, if wanted:\n", *lines]) if lines else ""


def _behaviour(call: Call, advice: Iterable[Advice]) -> SelectionBehavior:
    return "any" if _apart(advice) or not call.actions.at_most_one else "at-most-one"


def _apart(advice: Iterable[Advice]) -> bool:
    """Whether several may be accepted: not where one of them touches an order that is there."""
    return all(change.type == "create" for piece in advice for change in piece.changes)


def topic_code(rule_id: str) -> str:
    """The code of a rule's topic: the standard allows letters and digits only."""
    return "".join(filter(str.isalnum, rule_id))


#: The topic of the card that says what was not checked.
NOT_CHECKED_TOPIC: Final = topic_code(_NOT_CHECKED)


@lru_cache(maxsize=256)
def with_topic(source: Source, rule_id: str) -> Source:
    """The source of a card, with what the card is about."""
    topic = Topic(system=_TOPICS, code=topic_code(rule_id), display=rule_id.replace("-", " "))
    return source.model_copy(update={"topic": topic})


def _uuid(call: Call, identity: str) -> str:
    return str(uuid5(_NAMESPACE, f"{call.hook_instance}|{identity}"))
