"""What tests of tenants and tokens need: a clock that moves, a caller with keys, and the door."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.callers import Caller, Clock
from tests.door import Door, opened


@pytest.fixture
def clock() -> Clock:
    """A clock that moves when it is told to."""
    return Clock()


@pytest.fixture
def caller(clock: Clock) -> Caller:
    """A client of the tenant `mercy`."""
    return Caller(clock)


@pytest.fixture
async def door(tmp_path: Path, clock: Clock) -> AsyncIterator[Door]:
    """The service with the tenants `mercy`, `north` and `south`."""
    async with opened(tmp_path, clock) as found:
        yield found
