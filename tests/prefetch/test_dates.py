"""Partial dates: never more exact than was said, and never a date that cannot be."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given

from prefetch.dates import PartialDate, partial_date, period
from tests.strategies import SaidDate, json_values, odd_text, partial_dates, quick


@given(partial_dates())
@quick
def test_a_date_is_as_precise_as_it_was_written(said: SaidDate) -> None:
    """Year, month and day are read where they were written, and print as they were."""
    found = partial_date(f" {said.text} ")
    assert found == said.parts
    assert str(found) == said.text.partition("T")[0]


@pytest.mark.parametrize(
    "value",
    [
        *("", "unknown", "20", "2020-1", "2020-1-1", "20200101", "2020/01/01", "01-02-2020"),
        *("2020-13", "2020-00", "2020-01-00", "2020-01-32", "2021-02-29", "0000", "2020-02-30T09Z"),
        *("2020-01-01 09:00", "-2020", "2020-", "2020T09:00", "２０２０"),  # noqa: RUF001
        *(2020, 2020.5, None, True, ["2020"], {"value": "2020"}),
    ],
)
def test_what_is_no_date(value: Any) -> None:
    """What is no text, no FHIR date, or no day of the calendar reads as None."""
    assert partial_date(value) is None


@given(json_values() | odd_text())
@quick
def test_any_value_is_read(value: Any) -> None:
    """Whatever stands where a date is due is read as a date or as None."""
    found = partial_date(value)
    assert found is None or isinstance(found, PartialDate)


def test_parts_default_to_unknown() -> None:
    """A year alone says nothing of month or day."""
    assert (PartialDate(7).month, PartialDate(7).day, str(PartialDate(7))) == (None, None, "0007")


@given(partial_dates())
@quick
def test_a_date_lies_between_the_first_and_last_day_it_can_be(said: SaidDate) -> None:
    """A whole date is one day; a month or year is all of its days and no more."""
    found = partial_date(said.text)
    assert found is not None
    first, last = found.earliest, found.latest
    assert (first.year, last.year) == (found.year, found.year)
    if found.day is not None:
        assert first == last == date.fromisoformat(str(found))
    else:
        assert (first.day, first.month) == (1, found.month or 1)
        assert last == date.max or (last + timedelta(days=1)).day == 1
        assert last.month == (found.month or 12)


@given(json_values())
@quick
def test_any_period_is_read(value: Any) -> None:
    """Whatever stands where a Period is due is read as words, or as nothing."""
    found = period(value)
    assert all(isinstance(each, str) for each in (found.start, found.end))
