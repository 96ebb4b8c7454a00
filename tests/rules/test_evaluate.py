"""The evaluator: one rule's crash or missing data never hides another's card."""

import dataclasses
import logging
from collections.abc import Callable
from datetime import date

import pytest

from hooks.cards import Source
from hooks.errors import PreconditionFailed
from hooks.order_sign import OrderSign
from prefetch import needs
from prefetch.chart import Chart
from prefetch.data import Data
from prefetch.states import Reason
from rules._advice import remove
from rules._cards import Call
from rules._evaluate import Evaluation, Evaluator, applicable
from rules._finding import Change, Finding, NotChecked
from rules._knowledge.knowledge import Knowledge
from rules._load import load
from rules._rule import Findings, Rule
from tests.ehr import RULES, Json, draft
from tests.rules.evaluating import evaluate

TODAY = date(2026, 11, 21)
ORDER = draft()
CONTEXT = OrderSign(
    patient_id="p1",
    user_id="Practitioner/1",
    draft_orders={"resourceType": "Bundle", "entry": [{"resource": ORDER}]},
)
CALL = Call(
    hook_instance="one",
    drafts=frozenset({"MedicationRequest/draft-1"}),
    pages="https://cds.test/rules",
    own_source=Source(label="Cardwise"),
)
BASE = next(rule for rule in load() if rule.id == "drug-allergy")


def rule_of(check: Callable[[Chart], Findings], **changes: object) -> Rule:
    """A rule that runs this generator; it needs the allergy list unless told otherwise."""
    return dataclasses.replace(BASE, check=lambda chart, _: check(chart), **changes)  # type: ignore[arg-type]


def run(*rules: Rule, reason: Reason | None = None, body: bytes = b"null") -> Evaluation:
    """Evaluate rules over a chart whose allergy list is `body`, or not obtained for a reason."""
    pages = [] if reason else [body]
    data = {"allergies": Data(needs.allergies, "p1", pages, reason=reason)}
    return evaluate(rules, Chart(CONTEXT, data, today=TODAY), Knowledge.shipped(), CALL, [ORDER])


def speaks(chart: Chart) -> Findings:
    """Yield one finding about the draft."""
    yield Finding("warning", "Something is the case", about=chart.selected)


def crashes(chart: Chart) -> Findings:
    """Break after a finding."""
    yield Finding("critical", "Half said", about=chart.selected)
    raise ZeroDivisionError("Jane Example")


def test_a_crashed_rule_hides_no_card(caplog: pytest.LogCaptureFixture) -> None:
    """The other rule's card is there, the broken check is said not to have been made."""
    with caplog.at_level(logging.ERROR):
        result = run(rule_of(crashes, id="broken"), rule_of(speaks, id="sound"))
    assert [card.summary for card in result.cards] == [
        "Something is the case",
        "Not checked: drug allergies - the check itself failed",
    ]
    assert result.failed == ["broken"]
    assert "ZeroDivisionError" in caplog.text
    assert "Jane" not in caplog.text


def test_nothing_of_a_broken_rule_is_shown() -> None:
    """A finding made before the crash is not shown: half a check is no check."""
    result = run(rule_of(crashes))
    assert [card.summary for card in result.cards] == [
        "Not checked: drug allergies - the check itself failed"
    ]


def test_missing_data_blocks_one_rule_and_not_the_other() -> None:
    """A rule without needs runs, and the one that lacks its list is told of."""
    result = run(rule_of(speaks, id="a"), rule_of(speaks, id="b", needs=()), reason=Reason.TIMEOUT)
    assert result.ran == ["b"]
    assert any("took too long" in (card.detail or "") for card in result.cards)


def test_when_nothing_could_run_it_is_412() -> None:
    """The exception lists key and reason of each piece of data once."""
    with pytest.raises(PreconditionFailed) as raised:
        run(rule_of(speaks, id="a"), rule_of(speaks, id="b"), reason=Reason.FORBIDDEN)
    (problem,) = raised.value.problems
    assert problem.where == "prefetch.allergies"
    assert "(forbidden)" in problem.text


def test_reading_what_was_not_obtained_stops_the_rule() -> None:
    """A rule that reads a list it did not declare as needed cannot take failure for "none"."""

    def reads(chart: Chart) -> Findings:
        if not chart.allergies:
            yield Finding("info", "No allergies", about=())

    helped = rule_of(reads, needs=(), helped_by=(needs.allergies,))
    with pytest.raises(PreconditionFailed):
        run(helped, reason=Reason.SERVER_ERROR)


def test_a_summary_that_is_too_long_is_the_rules_failure() -> None:
    """A text no card may have is not sent, and not silently dropped."""

    def long(chart: Chart) -> Findings:
        yield Finding("info", "x" * 140, about=chart.selected)

    assert run(rule_of(long)).failed == [BASE.id]


def test_a_suggestion_for_an_order_that_is_not_there_is_left_out() -> None:
    """The card stays, without the button that would delete something else."""

    def suggests(chart: Chart) -> Findings:
        (order,) = chart.selected
        wrong = dataclasses.replace(
            remove(order), changes=(Change("delete", "x", "MedicationRequest/other"),)
        )
        yield Finding("info", "Something", about=(order,)).suggest(wrong, remove(order))

    (card,) = run(rule_of(suggests)).cards
    assert [s.label for s in card.suggestions or ()] == [f"Remove {ORDER_NAME}"]


def test_an_invalid_resource_is_left_out() -> None:
    """A create that is not valid R4 does not leave; the card does."""

    def suggests(chart: Chart) -> Findings:
        (order,) = chart.selected
        bad = Change("create", "x", resource={"resourceType": "MedicationRequest"})
        advice = dataclasses.replace(remove(order), changes=(bad,))
        yield Finding("info", "Something", about=(order,)).suggest(advice)

    (card,) = run(rule_of(suggests)).cards
    assert card.suggestions is None
    assert card.selectionBehavior is None


@pytest.mark.parametrize(
    "named", [{"Jane": 1}, {"reasonCode": [{"Jane": 1}]}, {"subject": {"_Jane": {}}}]
)
def test_what_a_chart_calls_its_elements_is_not_logged(
    caplog: pytest.LogCaptureFixture, named: Json
) -> None:
    """Why a resource cannot leave is told by FHIR's own names; others may be anybody's."""

    def suggests(chart: Chart) -> Findings:
        (order,) = chart.selected
        bad = Change("create", "x", resource=order.resource | {"id": "new"} | named)
        advice = dataclasses.replace(remove(order), changes=(bad,))
        yield Finding("info", "Something", about=(order,)).suggest(advice)

    assert run(rule_of(suggests)).cards[0].suggestions is None
    assert "suggestion left out: MedicationRequest is not valid R4 at" in caplog.text
    assert "Jane" not in caplog.text


def test_a_shadow_rule_runs_and_is_not_shown() -> None:
    """Shadow rules are evaluated, and neither their cards nor their gaps are seen."""

    def says_both(chart: Chart) -> Findings:
        yield from speaks(chart)
        yield NotChecked("this", "because")

    result = run(rule_of(says_both, status="shadow"))
    assert (result.cards, result.ran) == ([], [BASE.id])


def test_gaps_share_one_card() -> None:
    """However much was not checked, it is one card, counted and listed up to five."""

    def gaps(_chart: Chart) -> Findings:
        for number in range(8):
            yield NotChecked(f"thing {number}", "because")

    (card,) = run(rule_of(gaps)).cards
    assert card.summary == "Not checked (and 7 more): thing 0 - because"
    assert (card.detail or "").count("\n- ") == 6
    assert "and 3 more" in (card.detail or "")


def test_urgent_cards_come_first() -> None:
    """Cards are ranked by urgency, and keep their order within one."""

    def three(chart: Chart) -> Findings:
        (order,) = chart.selected
        yield Finding("info", "low", about=())
        yield Finding("critical", "high", about=(order,))
        yield Finding("warning", "middle", about=(order, order))

    assert [card.summary for card in run(rule_of(three)).cards] == ["high", "middle", "low"]


@pytest.mark.parametrize(
    ("hook", "kinds", "expected"),
    [
        ("order-sign", ["MedicationRequest"], ["drug-allergy"]),
        ("order-sign", ["ServiceRequest"], []),
        ("order-select", ["ServiceRequest", "MedicationRequest"], ["drug-allergy"]),
        ("patient-view", [], ["active-medication-allergy", "unrecognized-allergy"]),
    ],
)
def test_a_rule_applies_to_its_hooks_and_its_orders(
    hook: str, kinds: list[str], expected: list[str]
) -> None:
    """A rule about orders applies only where an order of its kind is meant."""
    drafts = [{"resourceType": kind} for kind in kinds]
    assert [rule.id for rule in applicable(RULES, hook, drafts)] == expected


ORDER_NAME = "amoxicillin 500 MG Oral Capsule"


def glances(chart: Chart) -> Findings:
    """Yield a finding, then tell whether the medication list is known."""
    yield Finding("info", "Begun", about=chart.selected)
    known = chart.knows(needs.medications)
    yield Finding("info", f"Medications known: {known}", about=chart.selected, key="known")


def test_a_rule_waits_for_what_is_not_read_yet() -> None:
    """It names all that helps it, begins anew once that is there, and the others run once."""
    ran: list[str] = []

    def counted(chart: Chart) -> Findings:
        ran.append("counted")
        yield from speaks(chart)

    helps = (needs.medications, needs.conditions)
    waiting = rule_of(glances, id="waits", needs=(), helped_by=helps)
    chart = Chart(CONTEXT, {}, today=TODAY, unread=helps)
    evaluator = Evaluator([waiting, rule_of(counted, needs=())], Knowledge.shipped(), CALL, [ORDER])
    assert evaluator.run(chart) == helps
    read = {need.key: Data(need, "p1", [b"null"]) for need in helps}
    chart = chart.with_read(read, {})
    assert evaluator.run(chart) == ()
    assert sorted(card.summary for card in evaluator.result(chart).cards) == [
        "Begun",
        "Medications known: True",
        "Something is the case",
    ]
    assert ran == ["counted"]


def test_a_rule_may_not_wait_for_what_it_does_not_declare() -> None:
    """What another rule would have read is no less undeclared: the rule fails."""
    chart = Chart(CONTEXT, {}, today=TODAY, unread=[needs.medications])
    undeclared = rule_of(glances, needs=(), helped_by=())
    evaluator = Evaluator([undeclared], Knowledge.shipped(), CALL, [ORDER])
    assert evaluator.run(chart) == ()
    assert evaluator.result(chart).failed == [undeclared.id]
