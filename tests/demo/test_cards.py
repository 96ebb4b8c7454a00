"""Cards on the desk: replaced by the same service's next, chosen from as they say."""

from typing import Any

import pytest

from service.demo.cards import Shown, feedback, most_urgent_first, unchecked
from service.demo.desk import Desk
from service.demo.rendering import _environment

Json = dict[str, Any]


def card(**members: Any) -> Shown:
    """A card of order-safety with two suggestions."""
    usual: Json = {
        "uuid": "c1",
        "summary": "A fact",
        "indicator": "critical",
        "source": {"label": "S", "topic": {"system": "t", "code": "x"}},
        "suggestions": [{"label": "One", "uuid": "1"}, {"label": "Two", "uuid": "2"}],
        "selectionBehavior": "at-most-one",
    }
    return Shown("order-safety", "order-select", "h", usual | members)


@pytest.mark.parametrize(
    ("behaviour", "wanted", "chosen"),
    [
        ("at-most-one", ["0"], ["One"]),
        ("at-most-one", ["1", "0"], ["Two"]),
        ("any", ["0", "1"], ["One", "Two"]),
        ("any", [], []),
        ("any", ["7", "-1", "x", "99999"], []),
        ("all-of-them", ["0"], []),
        (None, ["0"], []),
    ],
)
def test_suggestions_are_chosen_as_the_card_says(
    behaviour: str | None, wanted: list[str], chosen: list[str]
) -> None:
    """At most one, any, and none where the behaviour is not understood."""
    shown = card(selectionBehavior=behaviour)
    assert [s["label"] for s in shown.chosen(wanted)] == chosen


def test_the_next_answer_replaces_the_same_services_cards() -> None:
    """Another service's cards stay, and all of this one's earlier cards go."""
    desk = Desk("p")
    other = Shown("chart-review", "patient-view", "h", {"summary": "Stays", "indicator": "info"})
    desk.show("chart-review", [other])
    desk.show("order-safety", [card()])
    later = card(uuid="c2")
    desk.show("order-safety", [later])
    assert desk.cards == [other, later]
    desk.show("order-safety", [])
    assert desk.cards == [other]


def test_what_was_overridden_does_not_ask_again() -> None:
    """The same advice comes settled in this ordering session, other advice and the next ask."""
    desk = Desk("p")
    desk.overridden[card().topic] = "tolerated"
    desk.show("order-safety", [card(uuid="c2"), card(uuid="c3", summary="Another fact")])
    assert [c.state for c in desk.cards] == ["overridden", "open"]
    assert "tolerated" in desk.cards[0].told
    desk.finish()
    desk.show("order-safety", [card(uuid="c4")])
    assert desk.cards[0].state == "open"


def test_a_foreign_card_is_read_leniently() -> None:
    """Without uuid there is no feedback; an unknown urgency counts as information."""
    shown = Shown("s", "order-sign", "h", {"summary": "x", "indicator": "error"})
    assert shown.indicator == "info"
    assert feedback(shown, "overridden", "2026-11-21T09:30:00Z") == []
    assert (shown.suggestions, shown.reasons) == ([], [])


def test_urgent_cards_come_first_and_settled_ones_last() -> None:
    """Order is by state, then urgency."""
    settled, info, critical = card(), card(indicator="info"), card()
    settled.state = "accepted"
    assert most_urgent_first([settled, info, critical]) == [critical, info, settled]


def test_no_answer_is_a_card() -> None:
    """What went wrong is told as text, whatever it holds."""
    shown = unchecked("order-safety", "order-sign", "h", "status 412", ["<b>*why*</b>"])
    assert shown.indicator == "warning"
    assert "Not checked" in shown.card["summary"]
    assert "<b>" not in shown.card["detail"]


def html(shown: Shown) -> str:
    """The card as the page has it."""
    source = '{% from "card.html" import card_of %}{{ card_of(shown, "/here") }}'
    return _environment().from_string(source).render(shown=shown)


def test_any_is_ticked_and_at_most_one_is_pressed() -> None:
    """Boxes with one button, the recommended ticked, or a button for each; else no suggestion."""
    two = [{"label": "One", "isRecommended": True}, {"label": "Two"}]
    ticked = html(card(selectionBehavior="any", suggestions=two))
    assert ticked.count('type="checkbox" name="pick"') == 2
    assert ticked.count("checked>") == 1
    pressed = html(card(suggestions=two))
    assert pressed.count('<button name="pick"') == 2
    assert 'name="pick"' not in html(card(selectionBehavior="unheard-of"))


def test_links_of_a_card_lead_to_the_web_alone() -> None:
    """A SMART app is named and not opened; other schemes are no links."""
    links = [
        {"label": "Page", "url": "https://a.test", "type": "absolute"},
        {"label": "App", "url": "https://app.test", "type": "smart"},
        {"label": "Trick", "url": "javascript:alert(1)", "type": "absolute"},
    ]
    shown = html(card(links=links, source={"label": "S", "url": "data:text/html,x"}))
    assert shown.count("<a href=") == 1
    assert 'href="https://a.test"' in shown


def test_cards_of_an_opened_chart_do_not_hold_up_signing() -> None:
    """Only what order-sign answered is waited for."""
    desk = Desk("p")
    desk.show("chart-review", [Shown("chart-review", "patient-view", "h", card().card)])
    assert desk.undecided("order-sign", "critical", "warning") == []
    desk.show("order-safety", [Shown("order-safety", "order-sign", "h", card().card)])
    assert len(desk.undecided("order-sign", "critical")) == 1


def test_not_checked_is_overridden_for_the_moment_only() -> None:
    """What could not be checked may be another thing next time; it asks again."""
    source = {"label": "Cardwise", "topic": {"system": "t", "code": "notchecked"}}
    assert not card(source=source).is_lasting
    assert not unchecked("s", "order-sign", "h", "no answer", []).is_lasting
    assert card().is_lasting
