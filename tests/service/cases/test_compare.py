"""Expected cards against found ones."""

from hypothesis import given
from hypothesis import strategies as st

from service.cases.case import Expected
from service.cases.compare import Found, differences

CARD = Found("warning", "Drug is ordered", ["Remove Drug"], "Chart: an allergy")
OTHER = Found("info", "Something else", [], "")
cards = st.builds(
    Found,
    st.sampled_from(["info", "warning", "critical"]),
    st.text(min_size=1, max_size=20),
    st.lists(st.text(min_size=1, max_size=10), max_size=2),
    st.text(max_size=20),
)


def whole(card: Found) -> Expected:
    """All of a card as an expectation."""
    return Expected(card.indicator, card.summary, card.suggestions, [card.detail])


@given(st.lists(cards, max_size=4))
def test_what_is_found_is_as_expected(found: list[Found]) -> None:
    """Cards that are expected as they are do not differ."""
    assert differences([whole(card) for card in found], found) == []


@given(st.lists(cards, max_size=4), cards)
def test_a_card_too_many_is_seen(found: list[Found], more: Found) -> None:
    """One card more than expected, wherever it stands, is a difference."""
    assert differences([whole(card) for card in found], [more, *found])


@given(st.lists(cards, min_size=1, max_size=4))
def test_a_missing_card_is_seen(found: list[Found]) -> None:
    """One card fewer than expected is a difference."""
    assert differences([whole(card) for card in found], found[1:])


def test_what_is_left_out_may_be_anything() -> None:
    """Only the members that an expectation has are compared."""
    assert differences([Expected()], [CARD]) == []
    assert differences([Expected(indicator="warning")], [CARD]) == []


def test_a_difference_reads_as_a_review() -> None:
    """It names the card and the member, expected above found."""
    told = differences([Expected("critical", says=["refuted"])], [CARD])
    assert told == [
        "card 1 differs",
        "  indicator",
        "    expected  critical",
        "    found     warning",
        "  detail",
        "    expected  … refuted …",
        "    found     Chart: an allergy",
    ]


def test_the_card_that_is_too_many_is_named() -> None:
    """Where one card is too many, the others are not said to differ."""
    told = differences([whole(OTHER)], [CARD, OTHER])
    assert told == ["card 2 was not expected", "  found     warning: Drug is ordered"]


def test_the_order_of_cards_counts() -> None:
    """Cards in another order than expected differ: the most urgent comes first."""
    assert differences([whole(OTHER), whole(CARD)], [CARD, OTHER])
