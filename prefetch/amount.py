"""Numbers of the chart, as exactly as they are known."""

import operator
from collections.abc import Callable
from math import inf
from typing import Any, NoReturn

from hooks.errors import NotKnown
from prefetch.frozen import put


class Amount:
    """A number that may be known only within limits: "<15", or an age by the year of birth.

    Comparing it with a number answers where there is one answer, and raises `NotKnown` where it
    depends on what is not known: "<15" is below 30, and may or may not be below 10.

    Attributes:
        low: the least it can be.
        high: the most it can be.
        shown: how it is written.
        what: what it is, in a clinician's words.
        low_open: whether it is more than `low`, and not that itself.
        high_open: whether it is less than `high`, and not that itself.
    """

    __slots__ = ("high", "high_open", "low", "low_open", "shown", "what")

    def __init__(  # noqa: PLR0913 - two limits, each open or not, and two names
        self,
        low: float,
        high: float,
        shown: str,
        what: str,
        *,
        low_open: bool = False,
        high_open: bool = False,
    ) -> None:
        """Make it; the arguments are the attributes."""
        put(self, "low", low)
        put(self, "high", high)
        put(self, "shown", shown)
        put(self, "what", what)
        put(self, "low_open", low_open)
        put(self, "high_open", high_open)

    low: float
    high: float
    shown: str
    what: str
    low_open: bool
    high_open: bool

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        """Refuse.

        Raises:
            AttributeError: always.
        """
        raise AttributeError(f"an amount cannot be changed: {name}")

    def __lt__(self, number: float) -> bool:
        """Whether it is less."""
        if self.high < number or (self.high == number and self.high_open):
            return True
        return self._unless(self.low >= number)

    def __le__(self, number: float) -> bool:
        """Whether it is less or equal."""
        if self.high <= number:
            return True
        return self._unless(self.low > number or (self.low == number and self.low_open))

    def __gt__(self, number: float) -> bool:
        """Whether it is more."""
        return not self <= number

    def __ge__(self, number: float) -> bool:
        """Whether it is more or equal."""
        return not self < number

    def __eq__(self, number: object) -> bool:
        """Whether it is that number."""
        if not isinstance(number, int | float):
            return NotImplemented
        if self.low == number == self.high:
            return True
        below = self.high < number or (self.high == number and self.high_open)
        above = self.low > number or (self.low == number and self.low_open)
        return self._unless(below or above)

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> NoReturn:
        """Refuse: zero is a number like any other.

        Raises:
            TypeError: always.
        """
        raise TypeError("compare an amount with a number; its truth means nothing")

    def __float__(self) -> float:
        """The number.

        Raises:
            NotKnown: it is known only within limits.
        """
        if self.low != self.high:
            raise self._doubt()
        return float(self.low)

    def __str__(self) -> str:
        """How it is written."""
        return self.shown

    def __repr__(self) -> str:
        """For messages of tests."""
        return f"Amount({self.shown})"

    def _unless(self, certain: bool) -> bool:
        """False when the opposite is certain."""
        if certain:
            return False
        raise self._doubt()

    def _doubt(self) -> NotKnown:
        return NotKnown(f"the {self.what} is not on file exactly enough")


def limited(number: float, comparator: str, shown: str, what: str) -> Amount:
    """The amount that a FHIR Quantity states, with its comparator.

    Raises:
        NotKnown: the comparator is none of R4's.
    """
    if comparator not in _LIMITS:
        raise NotKnown(f"the {what} is not on file as a number")
    return _LIMITS[comparator](number, shown, what)


_Make = Callable[[float, str, str], Amount]
_LIMITS: dict[str, _Make] = {
    "": lambda n, shown, what: Amount(n, n, shown, what),
    "<": lambda n, shown, what: Amount(-inf, n, shown, what, high_open=True),
    "<=": lambda n, shown, what: Amount(-inf, n, shown, what),
    ">=": lambda n, shown, what: Amount(n, inf, shown, what),
    ">": lambda n, shown, what: Amount(n, inf, shown, what, low_open=True),
}

#: Comparisons as they are written in tables.
COMPARISONS: dict[str, Callable[[Any, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
}
