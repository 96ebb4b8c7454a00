"""What is not on file cannot be taken for a value."""

import operator
from collections.abc import Callable
from typing import Any

import pytest

from hooks.errors import NotKnown
from prefetch.not_on_file import NotOnFile

WHY = "no eGFR of the last 365 days is on file"


@pytest.mark.parametrize(
    "use",
    [
        bool,
        float,
        int,
        len,
        list,
        lambda x: x < 30,
        lambda x: x >= 30,
        lambda x: 30 > x,  # noqa: SIM300 - the other way round is the point
        lambda x: x == 30,
        lambda x: x != 30,
        lambda x: 30 in x,
        lambda x: x.in_unit("mg/dL"),
        operator.not_,
    ],
)
def test_every_use_says_that_it_is_not_known(use: Callable[[Any], object]) -> None:
    """Comparing, counting, `if` and attributes all raise, with what is missing."""
    with pytest.raises(NotKnown) as raised:
        use(NotOnFile(WHY))
    assert raised.value.why == WHY


def test_it_can_be_asked_for() -> None:
    """`isinstance` and the words are all there is to it."""
    found: object = NotOnFile(WHY)
    assert isinstance(found, NotOnFile)
    assert (str(found), found.why) == (WHY, WHY)
    assert not hasattr(found, "__len_hint__")
