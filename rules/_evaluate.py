"""Runs rules over a chart. One rule's crash or missing data never hides another's card."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from hooks.cards import Card
from hooks.errors import PreconditionFailed, Problem
from prefetch.breaker import Breakers
from prefetch.chart import Chart
from prefetch.needs import Need
from prefetch.references import Resource
from prefetch.states import Reason
from rules._cards import Call, not_checked_card, rank
from rules._finding import NotChecked
from rules._knowledge.knowledge import Knowledge
from rules._rule import Rule
from rules._run import Ended, Runner, gap_of, missing

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
        cut: ids of the rules that took too long, or found too much.
        resting: ids of the rules that are left alone for a while, for they broke repeatedly.
    """

    cards: list[Card] = field(default_factory=list)
    gaps: list[NotChecked] = field(default_factory=list)
    ran: list[str] = field(default_factory=list)
    blocked: dict[str, list[tuple[Need, Reason]]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)
    resting: list[str] = field(default_factory=list)

    def note(self, rule: Rule, ended: Ended) -> None:
        """Take in how a rule ended."""
        self.cards += ended.cards
        self.gaps += ended.gaps
        if ended.end == "blocked":
            self.blocked[rule.id] = list(ended.lacking)
        else:
            getattr(self, ended.end).append(rule.id)


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


def evaluate(  # noqa: PLR0913 - what a call is, and how much of it the rules may take
    rules: Sequence[Rule],
    chart: Chart,
    know: Knowledge,
    call: Call,
    drafts: Sequence[Resource],
    *,
    seconds: float = 0.3,
    breakers: Breakers | None = None,
) -> Evaluation:
    """Run the rules and make their cards.

    Args:
        rules: those that apply.
        chart: the patient.
        know: the knowledge tables.
        call: what cards need to know of the call.
        drafts: the draft orders that are meant.
        seconds: processor time for all rules; one may take a third.
        breakers: those of the rules, which outlive the call; None switches no rule off.

    Raises:
        PreconditionFailed: data was missing, and no rule could run.
    """
    result = Evaluation(gaps=_foreign(drafts))
    runner = Runner(chart, know, call, seconds, breakers)
    for rule in rules:
        result.note(rule, runner.run(rule))
    if result.blocked and len(result.blocked) == len(rules):
        raise PreconditionFailed(*_problems(result))
    for rule in rules:
        if rule.id in result.ran and rule.status == "active":
            result.gaps += [
                gap_of(f"the rest of the {need.words}", reason.words)
                for need, reason in missing(rule, chart)
            ]
    if result.gaps:
        gaps = list(dict.fromkeys(result.gaps))
        result.cards.append(not_checked_card(gaps, call))
    result.cards = rank(result.cards)
    return result


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
