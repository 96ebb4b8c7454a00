"""Dates as FHIR has them: a year, a month, or a day, and never more exact than was said."""

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, Final, NamedTuple

import msgspec

from prefetch.coding import as_text

_DATE: Final = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T.*)?)?)?", re.ASCII)
_PLACEHOLDER: Final = 1900  # and years before it


class PartialDate(NamedTuple):
    """A date of the precision that was recorded; `month` and `day` are None where unknown."""

    year: int
    month: int | None = None
    day: int | None = None

    @property
    def earliest(self) -> date:
        """The first day it can be."""
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def latest(self) -> date:
        """The last day it can be."""
        month = self.month or 12
        return date(self.year, month, self.day or monthrange(self.year, month)[1])

    def __str__(self) -> str:
        """The date in ISO form, as precise as it is known."""
        parts = [f"{self.year:04}", *(f"{p:02}" for p in (self.month, self.day) if p)]
        return "-".join(parts)


def partial_date(value: Any) -> PartialDate | None:
    """Read a FHIR date, dateTime or instant; None for anything else, such as a 13th month."""
    match = _DATE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    year, month, day = (None if part is None else int(part) for part in match.groups())
    try:
        date(year or 0, 1 if month is None else month, 1 if day is None else day)
    except ValueError:
        return None
    return PartialDate(year or 0, month, day)


def first_known(*said: str) -> PartialDate | None:
    """The first of several texts that is a date; None when none is.

    1 January 1900 stands for "unknown" in some systems, and is passed over.
    """
    return next(_known(said), None)


def last_known(*said: str) -> PartialDate | None:
    """The one of several texts that is the latest date; None when none is a date."""
    return max(_known(said), key=lambda each: each.latest, default=None)


def _known(said: Iterable[str]) -> Iterator[PartialDate]:
    found = map(partial_date, said)
    return (each for each in found if each and each.year > _PLACEHOLDER)


class Period(msgspec.Struct, frozen=True, gc=False):
    """What is read of a Period; absent parts are empty."""

    start: str = ""
    end: str = ""


def period(value: Any) -> Period:
    """Read a Period of any shape."""
    sent = value if isinstance(value, dict) else {}
    return Period(as_text(sent.get("start")), as_text(sent.get("end")))
