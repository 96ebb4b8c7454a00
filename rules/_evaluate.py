"""Runs rules over a chart. One rule's crash or missing data never hides another's card."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from hooks.cards import Card
from hooks.errors import InvalidAnswer, NotObtained, PreconditionFailed, Problem
from prefetch.chart import Chart
from prefetch.needs import Need
from prefetch.references import Resource
from prefetch.states import Reason
from rules._cards import Call, not_checked_card, rank, to_card
from rules._finding import NotChecked
from rules._knowledge.knowledge import Knowledge
from rules._rule import Rule

_log: Final = logging.getLogger("cardwise.rules")
_FOREIGN: Final = {
    "MedicationOrder": "they came in FHIR DSTU2, and only R4 is understood",
}


@dataclass(slots=True)
class Evaluation:
    """What came of a call.

    Attributes:
        cards: for the clinician, most urgent first.
        ran: ids of the rules that ran to their end.
        blocked: for each rule that could not run, the data it lacked.
        failed: ids of the rules that broke.
        made: every card a rule made, with its rule; those of rules in shadow are not shown.
    """

    cards: list[Card] = field(default_factory=list)
    gaps: list[NotChecked] = field(default_factory=list)
    ran: list[str] = field(default_factory=list)
    blocked: dict[str, list[tuple[Need, Reason]]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    made: list[tuple[Card, Rule]] = field(default_factory=list)


def applicable(rules: Iterable[Rule], hook: str, drafts: Sequence[Resource]) -> list[Rule]:
    """The rules that have something to say to this hook about these draft orders."""
    kinds = {draft.get("resourceType") for draft in drafts}
    return [
        rule
        for rule in rules
        if hook in rule.hooks
        and rule.status != "retired"
        and (not rule.orders or kinds.intersection(rule.orders))
    ]


def evaluate(
    rules: Sequence[Rule], chart: Chart, know: Knowledge, call: Call, drafts: Sequence[Resource]
) -> Evaluation:
    """Run the rules and make their cards.

    Args:
        rules: those that apply.
        chart: the patient.
        know: the knowledge tables.
        call: what cards need to know of the call.
        drafts: the draft orders that are meant.

    Raises:
        PreconditionFailed: data was missing, and no rule could run.
    """
    result = Evaluation(gaps=_foreign(drafts))
    for rule in rules:
        _run(rule, chart, know, call, result)
    if result.blocked and not result.ran and not result.failed:
        raise PreconditionFailed(*_problems(result))
    for rule in rules:
        if rule.id in result.ran:
            result.gaps += [
                _gap(f"the rest of the {need.words}", reason.words)
                for need, reason in _missing(rule, chart)
            ]
    if result.gaps:
        gaps = list(dict.fromkeys(result.gaps))
        result.cards.append(not_checked_card(gaps, call))
    result.cards = rank(result.cards)
    return result


def _run(rule: Rule, chart: Chart, know: Knowledge, call: Call, result: Evaluation) -> None:
    lacking = [(n, r) for n, r in _missing(rule, chart) if not _obtained(chart, n)]
    if lacking:
        _block(rule, lacking, result)
        return
    try:
        findings = list(rule.check(chart, know))
        cards = [to_card(rule, f, call) for f in findings if not isinstance(f, NotChecked)]
    except NotObtained as gap:
        lacking = [(n, Reason(gap.reason)) for n in rule.queries if n.key == gap.key]
        _block(rule, lacking, result)
    except InvalidAnswer as error:
        _fail(rule, str(error), result)
    except Exception as error:  # noqa: BLE001 - whatever breaks in a rule stays in that rule
        _fail(rule, type(error).__name__, result)
    else:
        result.ran.append(rule.id)
        result.made += [(card, rule) for card in cards]
        if rule.status == "active":
            result.cards += cards
            result.gaps += [f for f in findings if isinstance(f, NotChecked)]


def _missing(rule: Rule, chart: Chart) -> list[tuple[Need, Reason]]:
    """The required data that is missing or not whole, each with the reason."""
    found = ((need, chart.data(need.key)) for need in rule.needs)
    return [(need, data.reason) for need, data in found if data and data.reason]


def _obtained(chart: Chart, need: Need) -> bool:
    data = chart.data(need.key)
    return data is not None and data.obtained


def _block(rule: Rule, lacking: list[tuple[Need, Reason]], result: Evaluation) -> None:
    result.blocked[rule.id] = lacking
    if rule.status == "active":
        result.gaps += [
            _gap(rule.checks, f"the {need.words} could not be read: {reason.words}")
            for need, reason in lacking
        ]


def _fail(rule: Rule, error: str, result: Evaluation) -> None:
    _log.error("rule %s failed: %s", rule.id, error)
    result.failed.append(rule.id)
    if rule.status == "active":
        result.gaps.append(_gap(rule.checks, "the check itself failed"))


def _gap(what: str, why: str) -> NotChecked:
    return NotChecked(what, why, "warning")


def _foreign(drafts: Sequence[Resource]) -> list[NotChecked]:
    kinds = {str(draft.get("resourceType")) for draft in drafts}
    return [
        NotChecked("the drafted orders", why) for kind, why in _FOREIGN.items() if kind in kinds
    ]


def _problems(result: Evaluation) -> list[Problem]:
    """One problem for each piece of data that was missing, naming its key and the reason."""
    lacking = dict.fromkeys(pair for pairs in result.blocked.values() for pair in pairs)
    return [
        Problem(
            f"The {need.words} is required, and could not be obtained: {reason.words} ({reason}). "
            f"Send it as prefetch key '{need.key}', or let it be read: {need.template}",
            f"prefetch.{need.key}",
            "not-found",
        )
        for need, reason in lacking
    ]
