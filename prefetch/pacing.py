"""When to try a FHIR read again, and when not: only what is safe, and only within the deadline."""

import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

# A busy or restarting server may answer the same read a moment later.
PASSING: Final = frozenset({429, 502, 503, 504})
_FIRST_PAUSE: Final = 0.05
_ATTEMPTS: Final = 3


class Pacing:
    """Pauses between attempts: growing, jittered, or as long as the server asks."""

    def __init__(
        self,
        jitter: Callable[[], float] = random.random,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Make it.

        Args:
            jitter: a number from 0 to 1, anew at each call.
            now: tells the time, for a Retry-After that is a date.
        """
        self._jitter = jitter
        self._now = now

    def pause(self, attempt: int, headers: Mapping[str, str], left: float) -> float | None:
        """Seconds to wait before the next attempt.

        Args:
            attempt: how many have been made.
            headers: of the answer that was not one; empty when none came.
            left: seconds until the deadline.

        Returns:
            None when there is to be no further attempt: enough were made, or it would come too
            late to be of use.
        """
        if attempt >= _ATTEMPTS:
            return None
        asked = self._asked(headers.get("retry-after", ""))
        # half of the pause is fixed and half is chance, so that callers do not come back together
        pause = _FIRST_PAUSE * 2**attempt * (0.5 + self._jitter() / 2) if asked is None else asked
        return pause if pause < left else None

    def _asked(self, value: str) -> float | None:
        """What Retry-After asks for, in seconds; None when it asks for nothing we understand."""
        seconds = value.strip()
        if seconds.isascii() and seconds.isdigit():
            return float(seconds)
        try:
            return max(0.0, (parsedate_to_datetime(value) - self._now()).total_seconds())
        except (ValueError, TypeError):
            return None
