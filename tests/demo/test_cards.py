"""Cards on the desk: replaced by the same service's next, chosen from as they say."""

from typing import Any

import pytest

from service.demo.cards import Shown, feedback, most_urgent_first, unchecked
from service.demo.desk import Desk

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
    return Shown("order-safety", "h", usual | members)


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
    other = Shown("chart-review", "h", {"summary": "Stays", "indicator": "info"})
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
    shown = Shown("s", "h", {"summary": "x", "indicator": "error"})
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
    shown = unchecked("order-safety", "h", "status 412", ["<b>*why*</b>"])
    assert shown.indicator == "warning"
    assert "Not checked" in shown.card["summary"]
    assert "<b>" not in shown.card["detail"]
