"""Runs rules over a chart. One rule's crash or missing data never hides another's card.

A rule that comes to data nobody has read yet waits for it, and is run anew on a chart that has it.
"""

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

_BEGIN: Final = Ended("waiting")
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
        fired: every card with the rule that made it, those in shadow too.
        cut: ids of the rules that took too long, or found too much.
        resting: ids of the rules that are left alone for a while, for they broke repeatedly.
    """

    cards: list[Card] = field(default_factory=list)
    gaps: list[NotChecked] = field(default_factory=list)
    ran: list[str] = field(default_factory=list)
    blocked: dict[str, list[tuple[Need, Reason]]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    fired: list[tuple[Rule, Card]] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)
    resting: list[str] = field(default_factory=list)

    def note(self, rule: Rule, ended: Ended) -> None:
        """Take in how a rule ended."""
        self.fired += [(rule, card) for card in ended.cards]
        if rule.status == "active":
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


class Evaluator:
    """Runs the rules of one call, on a chart that more may be read of in between."""

    def __init__(  # noqa: PLR0913 - what a call is, and how much of it the rules may take
        self,
        rules: Sequence[Rule],
        know: Knowledge,
        call: Call,
        drafts: Sequence[Resource],
        *,
        seconds: float = 0.5,
        breakers: Breakers | None = None,
    ) -> None:
        """Prepare for one call.

        Args:
            rules: those that apply.
            know: the knowledge tables.
            call: what cards need to know of the call.
            drafts: the draft orders that are meant.
            seconds: processor time for all rules; one may take a third.
            breakers: those of the rules, which outlive the call; None switches no rule off.
        """
        self._rules = rules
        self._call = call
        self._drafts = drafts
        self._runner = Runner(rules, know, call, seconds, breakers)
        self._ended: dict[str, Ended] = {}

    def run(self, chart: Chart) -> tuple[Need, ...]:
        """Run the rules that have not come to their end; tell what the others came to and wait for.

        Args:
            chart: the patient.
        """
        for rule in self._rules:
            if self._ended.get(rule.id, _BEGIN).end == "waiting":
                self._ended[rule.id] = self._runner.run(rule, chart)
        return tuple(need for ended in self._ended.values() for need in ended.waits_for)

    def result(self, chart: Chart) -> Evaluation:
        """What came of the call.

        Args:
            chart: the patient, as far as the chart was read.

        Raises:
            PreconditionFailed: data was missing, no rule could run, and the call wants no card of
                it.
        """
        result = Evaluation(gaps=_foreign(self._drafts))
        for rule in self._rules:
            result.note(rule, self._ended[rule.id])
        blocked = len(result.blocked) == len(self._rules)
        if result.blocked and blocked and not self._call.always_answers:
            raise PreconditionFailed(*_problems(result))
        for rule in self._rules:
            if rule.id in result.ran and rule.status == "active":
                result.gaps += [
                    gap_of(f"the rest of the {need.words}", reason.words)
                    for need, reason in missing(rule, chart)
                ]
        if result.gaps:
            gaps = list(dict.fromkeys(result.gaps))
            result.cards.append(not_checked_card(gaps, self._call))
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
