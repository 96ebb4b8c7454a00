"""Pauses between attempts: bounded, jittered, and as long as the server asks."""

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from prefetch.pacing import Pacing

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def pacing(jitter: float = 1.0) -> Pacing:
    """Pacing with a fixed chance and clock."""
    return Pacing(lambda: jitter, lambda: NOW)


def test_pauses_grow_and_end() -> None:
    """Each pause is longer than the one before, and the third attempt is the last."""
    pauses = [pacing().pause(attempt, {}, 10) for attempt in (1, 2, 3)]
    assert pauses == [0.1, 0.2, None]


def test_a_pause_that_reaches_the_deadline_is_not_made() -> None:
    """What would come too late to be of use is not tried."""
    assert pacing().pause(1, {}, 0.1) is None


@pytest.mark.parametrize(
    ("value", "pause"),
    [
        ("0", 0.0),
        ("1", 1.0),
        ("60", None),
        ("Sat, 21 Nov 2026 09:30:01 GMT", 1.0),
        ("Sat, 21 Nov 2026 09:29:00 GMT", 0.0),
        ("soon", 0.1),
        ("-1", 0.1),
    ],
)
def test_retry_after_is_honoured(value: str, pause: float | None) -> None:
    """Seconds or a date; longer than is left ends the attempts; nonsense asks for nothing."""
    assert pacing().pause(1, {"retry-after": value}, 2) == pause


@example(0.0, 1, 1.0, "0\x1f")  # white space to Python, and no number with it
@given(st.floats(0, 1), st.integers(1, 5), st.floats(0, 30), st.text(max_size=40))
def test_a_pause_always_fits(jitter: float, attempt: int, left: float, asked: str) -> None:
    """Whatever the server says, the pause is none or ends before the deadline."""
    pause = pacing(jitter).pause(attempt, {"retry-after": asked}, left)
    assert pause is None or 0 <= pause < left
