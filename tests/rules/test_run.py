"""How one rule can end: each way is told, counted, and its own."""

import dataclasses
import logging
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from hooks.cards import Source
from hooks.errors import NotKnown
from hooks.order_sign import OrderSign
from prefetch import needs
from prefetch.breaker import Breakers
from prefetch.chart import Chart
from prefetch.data import Data
from prefetch.states import Reason
from rules._cards import Call
from rules._evaluate import Evaluation
from rules._finding import Finding, NotChecked
from rules._knowledge.knowledge import Knowledge
from rules._load import load
from rules._rule import Findings, Rule
from rules._run import Runner
from rules._thresholds import Threshold, limits
from tests.ehr import draft
from tests.rules.evaluating import evaluate

ORDER = draft()
CONTEXT = OrderSign(
    patient_id="p1",
    user_id="Practitioner/1",
    draft_orders={"resourceType": "Bundle", "entry": [{"resource": ORDER}]},
)
CALL = Call(
    "one", frozenset({"MedicationRequest/draft-1"}), "https://cds.test/rules", Source(label="x")
)
BASE = next(rule for rule in load() if rule.id == "drug-allergy")
Check = Callable[[Chart], Findings]


def rule_of(check: Check, **changes: Any) -> Rule:
    """A rule that runs this generator."""
    return dataclasses.replace(BASE, check=lambda chart, _: check(chart), **changes)


def run(*rules: Rule, breakers: Breakers | None = None, seconds: float = 0.6) -> Evaluation:
    """Evaluate rules over a chart with an empty allergy list."""
    chart = Chart(
        CONTEXT, {"allergies": Data(needs.allergies, "p1", [b"null"])}, today=date(2026, 11, 21)
    )
    know = Knowledge.shipped()
    return evaluate(rules, chart, know, CALL, [ORDER], seconds=seconds, breakers=breakers)


def speaks(chart: Chart) -> Findings:
    """Yield one finding about the draft."""
    yield Finding("warning", "Something is the case", about=chart.selected)


def breaks(_chart: Chart) -> Findings:
    """Break before the first finding."""
    yield Finding("info", str(1 / 0), about=())


def spins(chart: Chart) -> Findings:
    """Yield a finding, and never end."""
    yield from speaks(chart)
    while True:
        pass


def babbles(chart: Chart) -> Findings:
    """Yield findings without end."""
    while True:
        yield from speaks(chart)


def clings(chart: Chart) -> Findings:
    """Never let go, not even when closed."""
    try:
        yield from babbles(chart)
    finally:
        while True:
            pass


def recurses(chart: Chart) -> Findings:
    """Go deeper and deeper."""
    yield from recurses(chart)


def grows(chart: Chart) -> Findings:
    """Gather more and more."""
    held = [bytes(len(chart.patient_id))]
    while True:
        held.append(bytes(8000))
        yield from ()


@pytest.mark.parametrize(
    ("check", "end"),
    [(spins, "cut"), (babbles, "cut"), (clings, "cut"), (recurses, "failed"), (grows, "cut")],
)
def test_what_goes_on_for_ever_hides_no_card(
    check: Check, end: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The other rule's card is there, nothing of the endless one is, and it is said."""
    with caplog.at_level(logging.ERROR):
        result = run(rule_of(check, id="endless"), rule_of(speaks, id="sound"))
    shown, gap = result.cards
    assert shown.summary == "Something is the case"
    assert gap.summary.startswith("Not checked: drug allergies - the check ")
    assert getattr(result, end) == ["endless"]
    assert result.ran == ["sound"]
    assert "endless" in caplog.text


def test_when_the_time_of_all_is_up_there_is_some_for_each() -> None:
    """However many endless rules come before it, a quick one has its say."""
    names = ("a", "b", "c", "d", "e")
    endless = [rule_of(spins, id=name, checks=name) for name in names]
    result = run(*endless, rule_of(speaks, id="sound"), seconds=1)
    assert (result.cut, result.ran) == (list(names), ["sound"])
    detail = result.cards[-1].detail or result.cards[0].detail or ""
    assert all(f"- {name.upper()}: the check took too long" in detail for name in names)


def test_what_the_chart_does_not_say_is_told_and_what_was_found_stays() -> None:
    """An unanswered comparison ends the rule; its earlier finding is sound."""

    def asks(chart: Chart) -> Findings:
        yield from speaks(chart)
        raise NotKnown("no eGFR of the last 365 days is on file")

    result = run(rule_of(asks))
    assert [(card.indicator, card.summary) for card in result.cards] == [
        ("warning", "Something is the case"),
        ("info", "Not checked: drug allergies - no eGFR of the last 365 days is on file"),
    ]
    assert result.ran == [BASE.id]


@pytest.mark.parametrize(
    "wrong",
    [
        "a sentence",
        None,
        NotChecked("", "because"),
        NotChecked("this", " "),
        NotChecked("this", "because", "red"),  # type: ignore[arg-type]
        NotChecked(["this"], "because"),  # type: ignore[arg-type]
        Finding("red", "x", about=()),  # type: ignore[arg-type]
        Finding("info", "", about=()),
        Finding("info", "x", about=("MedicationRequest/1",)),  # type: ignore[arg-type]
    ],
)
def test_what_no_card_may_have_is_the_rules_failure(wrong: Any) -> None:
    """Whatever a rule yields, the call is answered."""

    def yields(_chart: Chart) -> Findings:
        yield wrong

    result = run(rule_of(yields, id="wrong"), rule_of(speaks, id="sound"))
    assert (result.failed, result.ran) == (["wrong"], ["sound"])


def test_two_findings_about_the_same_order_stay_two() -> None:
    """Each has an id of its own, the same at every call; a repeated one is shown once."""

    def says_more(chart: Chart) -> Findings:
        for summary in ("One thing", "Another thing", "One thing"):
            yield Finding("info", summary, about=chart.selected)
        yield Finding("info", "One thing", about=chart.selected, key="other")

    first, again = (run(rule_of(says_more)).cards for _ in range(2))
    assert [c.summary for c in first] == ["One thing", "Another thing", "One thing"]
    assert [c.uuid for c in first] == [c.uuid for c in again]
    assert len({c.uuid for c in first}) == 3


def test_links_stand_before_the_rules_page() -> None:
    """A page and a SMART app are offered with the card."""

    def links(chart: Chart) -> Findings:
        found = Finding("info", "x", about=chart.selected)
        yield found.link("Guide", "https://a.test/g").smart_link("App", "https://a.test/l", "{}")

    (card,) = run(rule_of(links)).cards
    assert [(k.label, k.type, k.appContext) for k in card.links or ()] == [
        ("Guide", "absolute", None),
        ("App", "smart", "{}"),
        ("About this check", "absolute", None),
    ]


def test_a_rule_that_breaks_again_and_again_rests() -> None:
    """After so many failures in a row it is left alone for a while, says so, and is tried again."""
    now = [0.0]
    breakers = Breakers(lambda: now[0], threshold=3, rest=30)
    broken = rule_of(breaks, id="broken")
    sound = rule_of(speaks, id="sound")
    for _ in range(3):
        assert run(broken, sound, breakers=breakers).failed == ["broken"]
    result = run(broken, sound, breakers=breakers)
    assert (result.failed, result.resting, result.ran) == ([], ["broken"], ["sound"])
    assert "rests for a while" in result.cards[-1].summary
    now[0] = 30
    assert run(broken, sound, breakers=breakers).failed == ["broken"]
    mended = dataclasses.replace(broken, check=sound.check, digest="new text")
    assert run(mended, breakers=breakers).ran == ["broken"]


def test_a_success_ends_the_count() -> None:
    """One odd chart among many does not switch a rule off for everybody."""
    breakers = Breakers(lambda: 0.0, threshold=2, rest=30)
    broken = rule_of(breaks)
    for rule in (broken, rule_of(speaks), broken, rule_of(speaks), broken):
        assert not run(rule, breakers=breakers).resting


@pytest.mark.parametrize("check", [spins, speaks])
def test_a_shadow_rule_is_not_seen_however_it_ends(check: Check) -> None:
    """It is counted, and there is no card."""
    result = run(rule_of(check, status="shadow"))
    assert result.cards == []
    assert result.ran or result.cut


def test_limits_are_handed_to_a_rule_that_has_thresholds() -> None:
    """The numbers in force are the third argument."""
    stop = {"stop": Threshold(30, "x", "s")}

    def check(chart: Chart, _know: Knowledge, own: Any) -> Findings:
        yield Finding("info", f"stop is {own.stop:g}", about=chart.selected)

    rule = dataclasses.replace(
        BASE, check=check, thresholds=stop, limits=limits(stop, {"stop": 25})
    )
    assert run(rule).cards[0].summary == "stop is 25"


def test_a_stale_rule_runs_and_says_so() -> None:
    """In development, a broken edit leaves the earlier version, with a note on every call."""
    result = run(rule_of(speaks, stale="x.py:1: wrong"))
    assert [card.summary for card in result.cards] == [
        "Something is the case",
        "Not checked: drug allergies - the rule's new text cannot be used, the earlier was",
    ]


def test_a_rule_that_reads_what_it_does_not_declare_fails() -> None:
    """Its author is told in the log which need is missing."""

    def reads(chart: Chart) -> Findings:
        yield Finding("info", f"{len(chart.conditions)} conditions", about=())

    failed = Data(needs.conditions, "p1", reason=Reason.TIMEOUT)  # which another rule needs
    for data in ({}, {"conditions": failed}):
        chart = Chart(CONTEXT, data, today=date(2026, 11, 21))
        ended = Runner([], Knowledge.shipped(), CALL, 0.3).run(rule_of(reads, needs=()), chart)
        assert ended.end == "failed"
        assert [gap.why for gap in ended.gaps] == ["the check itself failed"]


def test_a_rule_that_waits_keeps_its_turn() -> None:
    """After its rest a rule gets one try; coming to data that must be read first is none."""
    now = [0.0]
    breakers = Breakers(lambda: now[0], threshold=1, rest=30)

    def reads(chart: Chart) -> Findings:
        yield Finding("info", f"{len(chart.conditions)} conditions", about=())

    helped = rule_of(reads, needs=(), helped_by=(needs.conditions,))
    breakers.failed(f"{helped.id}@{helped.digest}")
    now[0] = 31.0
    runner = Runner([], Knowledge.shipped(), CALL, 0.3, breakers)
    chart = Chart(CONTEXT, {}, today=date(2026, 11, 21), unread=[needs.conditions])
    assert runner.run(helped, chart).end == "waiting"
    chart = chart.with_read({"conditions": Data(needs.conditions, "p1", [b"null"])}, {})
    assert runner.run(helped, chart).end == "ran"
