"""What a rule suggests instead is put to every rule, as if it had been ordered."""

import dataclasses
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from hooks.cards import Source
from hooks.errors import NotKnown
from hooks.order_select import OrderSelect
from hooks.order_sign import OrderSign
from hooks.request import Context
from prefetch import needs
from prefetch.chart import Chart
from prefetch.coding import Coding, Concept
from prefetch.data import Data
from prefetch.systems import ICD10CM
from rules._advice import remove, swap
from rules._cards import Call
from rules._evaluate import Evaluator
from rules._finding import Finding, NotChecked
from rules._knowledge.knowledge import Knowledge
from rules._load import load
from rules._rule import Findings, Rule
from tests.ehr import LISINOPRIL, PATIENT, draft

KNOW = Knowledge.shipped()
ORDER = draft()
BESIDE = draft(LISINOPRIL, id="draft-2")
DRAFTS = {"resourceType": "Bundle", "entry": [{"resource": ORDER}, {"resource": BESIDE}]}
SIGN = OrderSign(patient_id=PATIENT, user_id="Practitioner/1", draft_orders=DRAFTS)
SELECT = OrderSelect(
    patient_id=PATIENT,
    user_id="Practitioner/1",
    draft_orders=DRAFTS,
    selections=["MedicationRequest/draft-1"],
)
CALL = Call(
    "one",
    frozenset({"MedicationRequest/draft-1", "MedicationRequest/draft-2"}),
    "https://cds.test/rules",
    Source(label="x"),
)
BASE = dataclasses.replace(load()[0], orders=("MedicationRequest",), needs=(), helped_by=())
OFFERED = {
    a.name: a
    for a in KNOW.alternatives(
        next(iter(filter(None, [KNOW.drug(Concept(text="amoxicillin"))]))),
        [Concept((Coding(ICD10CM, code),)) for code in ("J02.0", "A69.20", "J01.90")],
    )
}


def rule_of(check: Callable[[Chart], Findings], **changes: Any) -> Rule:
    """A rule about medication orders that runs this generator."""
    return dataclasses.replace(BASE, check=lambda chart, _: check(chart), **changes)


def offers(chart: Chart) -> Findings:
    """Offer, in place of amoxicillin, all that there is."""
    for order in chart.selected:
        if "amoxicillin" in order.label:
            pieces = [swap(order, each) for each in OFFERED.values()]
            yield Finding("warning", "Another is better", (order,)).suggest(remove(order), *pieces)


def offered(*others: Rule, context: Context = SIGN) -> list[str]:
    """What is offered when these rules are asked as well; none of them needs any data."""
    return given(Chart(context, {}, today=date(2026, 11, 21)), *others)


def given(chart: Chart, *others: Rule) -> list[str]:
    """The same on a chart."""
    evaluator = Evaluator([rule_of(offers, id="offers"), *others], KNOW, CALL, [ORDER])
    while wanted := evaluator.run(chart):
        read = {need.key: Data(need, PATIENT, [b"null"]) for need in wanted}
        chart = chart.with_read(read, {})
    card = next(c for c in evaluator.result(chart).cards if c.summary == "Another is better")
    labels = [suggestion.label for suggestion in card.suggestions or ()]
    assert labels[0].startswith("Remove")
    return [label.removeprefix("Replace by ") for label in labels[1:]]


def against(*names: str) -> Callable[[Chart], Findings]:
    """A rule's check that has something to say of drugs of these names."""

    def check(chart: Chart) -> Findings:
        for order in chart.selected:
            if order.label in names:
                yield Finding("info", f"{order.label} is not for this patient", about=(order,))

    return check


def test_three_are_shown_in_their_order() -> None:
    """Where no rule objects, the first three are offered, and no more."""
    assert len(OFFERED) > 3
    assert offered() == list(OFFERED)[:3]


@pytest.mark.parametrize("context", [SIGN, SELECT], ids=["sign", "select"])
def test_what_a_rule_has_something_to_say_of_is_not_offered(context: Context) -> None:
    """The next one takes its place."""
    first, second, third, fourth, *_ = OFFERED
    assert offered(rule_of(against(second)), context=context) == [first, third, fourth]


def test_what_a_rule_says_of_other_orders_does_not_matter() -> None:
    """Lisinopril, which lies beside it on the pad, may have a card of its own."""
    lisinopril = rule_of(against(LISINOPRIL[1]))
    assert offered(lisinopril) == list(OFFERED)[:3]


def test_what_could_not_be_checked_is_not_offered() -> None:
    """A gap, an answer that is not known, or a rule that breaks has not cleared the drug."""
    first, second, third, fourth, *_ = OFFERED

    def gap(chart: Chart) -> Findings:
        if chart.selected[0].label == first:
            yield NotChecked(first, "no result is on file")

    def unknown(chart: Chart) -> Findings:
        if chart.selected[0].label == first:
            raise NotKnown("nobody knows")
        yield from ()

    def breaks(chart: Chart) -> Findings:
        if chart.selected[0].label == first:
            raise ZeroDivisionError
        yield from ()

    for check in (gap, unknown, breaks):
        assert offered(rule_of(check)) == [second, third, fourth]


def test_what_is_replaced_is_off_the_pad() -> None:
    """A rule sees the pad without the order in whose place another is tried."""

    def still_there(chart: Chart) -> Findings:
        if any("amoxicillin" in order.label for order in chart.drafts) and chart.is_trial:
            yield NotChecked("an order", "it is still there")
        yield from ()

    assert offered(rule_of(still_there)) == list(OFFERED)[:3]


def test_nothing_is_offered_while_something_cannot_be_checked() -> None:
    """What nobody can read of the chart, beside what is said of another order, may forbid it."""

    def gap(chart: Chart) -> Findings:
        yield Finding("info", "Lisinopril is ordered", about=(chart.selected[-1],)).suggest(
            remove(chart.selected[-1])
        )
        yield NotChecked("an entry", "it is in words that nobody knows")

    assert offered(rule_of(gap)) == []


@pytest.mark.parametrize(
    "changes", [{"status": "shadow"}, {"orders": ("ServiceRequest",)}], ids=["shadow", "other"]
)
def test_rules_that_are_not_asked(changes: dict[str, Any]) -> None:
    """A rule in shadow, and one about other orders, rule nothing out."""
    assert offered(rule_of(against(*OFFERED), **changes)) == list(OFFERED)[:3]


def test_another_rule_gets_what_it_comes_to() -> None:
    """What helps the rule that is asked in passing is read, before anything is offered."""
    first, second, third, fourth, *_ = OFFERED

    def reads(chart: Chart) -> Findings:
        order = chart.selected[0]
        if order.label == first and not chart.conditions:
            yield Finding("info", "Not without a diagnosis", about=(order,))

    chart = Chart(SIGN, {}, today=date(2026, 11, 21), unread=[needs.conditions])
    reader = rule_of(reads, id="reads", helped_by=(needs.conditions,))
    assert given(chart, reader) == [second, third, fourth]


def test_a_draft_without_an_id_is_no_way_around() -> None:
    """What cannot be taken off the pad by name is tried beside it, and shown to the rules."""
    chart = Chart(SIGN, {}, today=date(2026, 11, 21)).trying(
        "MedicationRequest/", draft(LISINOPRIL, id="new")
    )
    assert [order.id for order in chart.drafts] == ["new", "draft-1", "draft-2"]


def test_the_pad_is_as_it_would_be() -> None:
    """The tried order stands where the removed one stood, alone picked, and the rest stays."""
    tried = Chart(SELECT, {}, today=date(2026, 11, 21)).trying(
        "MedicationRequest/draft-1", draft(LISINOPRIL, id="new")
    )
    assert tried.is_trial
    assert [order.id for order in tried.drafts] == ["new", "draft-2"]
    assert [order.id for order in tried.selected] == ["new"]
