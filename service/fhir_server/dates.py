"""FHIR's partial dates as spans of time: "2020" is the whole year, a Period its two ends."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

_PARTIAL: Final = re.compile(
    r"\d{4}(?P<month>-\d\d(?P<day>-\d\d(?P<minute>T\d\d:\d\d(?P<second>:\d\d(?P<fraction>\.\d+)?)?"
    r"(?:Z|[+-]\d\d:\d\d)?)?)?)?"
)
_BEGINNING: Final = datetime.min.replace(tzinfo=UTC)
_END: Final = datetime.max.replace(tzinfo=UTC)


class Span(NamedTuple):
    """From `low` up to, but not including, `high`."""

    low: datetime
    high: datetime

    def holds(self, other: "Span") -> bool:
        """Whether the other span lies fully within this one."""
        return self.low <= other.low and other.high <= self.high


def span(text: str) -> Span | None:
    """What a date, dateTime or instant covers, at UTC when it names no zone; None if malformed."""
    if not (found := _PARTIAL.fullmatch(text)):
        return None
    filled = text + "-01" * (2 - bool(found["month"]) - bool(found["day"]))
    try:
        moment = datetime.fromisoformat(filled)
        low = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return Span(low, _after(low, found))


def _after(low: datetime, found: re.Match[str]) -> datetime:
    """The first moment past a date of this precision; 9999-12-31 means no end."""
    try:
        if not found["month"]:
            return low.replace(year=low.year + 1)
        if not found["day"]:
            return (low + timedelta(days=31)).replace(day=1)
        return low + _step(found)
    except (ValueError, OverflowError):
        return _END


def _step(found: re.Match[str]) -> timedelta:
    if found["fraction"]:
        return timedelta(microseconds=10 ** max(0, 7 - len(found["fraction"])))
    if found["second"]:
        return timedelta(seconds=1)
    return timedelta(minutes=1) if found["minute"] else timedelta(days=1)


def spans(element: object) -> list[Span]:
    """The spans a stored date, Period or Timing covers; what cannot be read covers none."""
    if isinstance(element, str):
        found = span(element)
        return [found] if found else []
    if not isinstance(element, dict):
        return []
    if "start" in element or "end" in element:
        return _period(element)
    repeat = element.get("repeat")
    bounds = repeat.get("boundsPeriod") if isinstance(repeat, dict) else None
    events = element.get("event")
    parts = [*(events if isinstance(events, list) else []), bounds]
    return [found for part in parts for found in spans(part)]


def _period(period: dict[str, object]) -> list[Span]:
    """A Period as one span, open where it has no start or no end; none if an end is unreadable."""
    first, last = (
        span(str(period[side])) if side in period else Span(_BEGINNING, _END)
        for side in ("start", "end")
    )
    return [Span(first.low, last.high)] if first and last else []
