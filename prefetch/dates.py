"""Dates as FHIR has them: a year, a month, or a day, and never more exact than was said."""

import re
from datetime import date
from typing import Any, Final, NamedTuple

_DATE: Final = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T.*)?)?)?", re.ASCII)


class PartialDate(NamedTuple):
    """A date of the precision that was recorded; `month` and `day` are None where unknown."""

    year: int
    month: int | None = None
    day: int | None = None

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
