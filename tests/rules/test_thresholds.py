"""Numbers a rule decides by: declared, bounded, and read by name."""

from math import inf, nan

import pytest

from hooks.errors import RuleError
from rules._thresholds import Threshold, limits

STOP = Threshold(30, "mL/min/{1.73_m2}", "a source", least=15, most=60)


@pytest.mark.parametrize(
    ("threshold", "number", "allowed", "told"),
    [
        (STOP, 15, True, "15 to 60"),
        (STOP, 61, False, "15 to 60"),
        (Threshold(1, "d", "s", least=0), -1, False, "at least 0"),
        (Threshold(1, "d", "s", most=2.5), 2.5, True, "at most 2.5"),
        (Threshold(1, "d", "s"), -9, True, "any number"),
        (Threshold(1, "d", "s"), nan, False, "any number"),
        (Threshold(1, "d", "s", least=0), inf, False, "at least 0"),
    ],
)
def test_what_a_site_may_set(threshold: Threshold, number: float, allowed: bool, told: str) -> None:
    """Both ends of the range are within it."""
    assert threshold.allows(number) is allowed
    assert threshold.range == told


def test_the_numbers_in_force() -> None:
    """A site's own number stands before the default, and nobody changes it afterwards."""
    found = limits({"stop": STOP, "days": Threshold(365, "days", "s")}, {"stop": 25})
    assert (found.stop, found.days) == (25, 365)
    with pytest.raises(RuleError, match="may not change its limits"):
        found.stop = 1
    with pytest.raises(RuleError, match=r"reads limits\.halt, and its thresholds are stop, days"):
        _ = found.halt
