"""Amounts: an answer where there is one, and never a guess."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hooks.errors import NotKnown
from prefetch.amount import COMPARISONS, Amount, limited
from tests.strategies import quick

NUMBERS = st.integers(-5, 5)


def amount(number: float, comparator: str = "") -> Amount:
    """A result as a laboratory states it."""
    return limited(number, comparator, f"{comparator}{number}", "eGFR")


@given(NUMBERS, NUMBERS)
@quick
def test_an_exact_amount_compares_like_its_number(one: int, other: int) -> None:
    """All six comparisons answer as they do for numbers."""
    found = amount(one)
    assert ((found < other), (found <= other)) == ((one < other), (one <= other))
    assert ((found > other), (found >= other)) == ((one > other), (one >= other))
    assert ((found == other), (found != other)) == ((one == other), (one != other))
    assert float(found) == one


@given(NUMBERS, st.sampled_from(["<", "<=", ">", ">="]), NUMBERS)
@quick
def test_a_limit_answers_only_what_holds_for_all_it_allows(
    number: int, comparator: str, other: int
) -> None:
    """Every value that a "<15" allows gives the same answer, or there is none."""
    found = amount(number, comparator)
    allowed = [n / 2 for n in range(-40, 41) if COMPARISONS[comparator](n / 2, number)]
    for name, compare in COMPARISONS.items():
        answers = {compare(value, other) for value in allowed}
        try:
            answer = compare(found, other)
        except NotKnown:
            assert len(answers) == 2, (found, name, other)
        else:
            assert answers == {answer}, (found, name, other)


def test_the_example_of_the_guide() -> None:
    """A result "<15" is below 30, and may or may not be below 10."""
    assert amount(15, "<") < 30
    assert not amount(90, ">") < 30
    with pytest.raises(NotKnown, match="the eGFR is not on file exactly enough"):
        assert amount(15, "<") < 10
    with pytest.raises(NotKnown):
        float(amount(15, "<"))


def test_an_unknown_comparator_is_no_number() -> None:
    """R5's "sufficient to achieve", say, is not taken for a value."""
    with pytest.raises(NotKnown, match="not on file as a number"):
        amount(5, "ad")


def test_an_amount_has_no_truth_and_does_not_change() -> None:
    """`if egfr:` would take zero for "none"; setting a part would change the chart."""
    with pytest.raises(TypeError, match="compare"):
        bool(amount(0))
    with pytest.raises(AttributeError):
        amount(1).low = 2
    assert amount(1) != "1"
    assert (str(amount(28)), repr(amount(28)), amount(1, ">").high) == ("28", "Amount(28)", inf)
