"""What tests of tenants and vendors need: a clock that moves, a caller with keys, doors, sites."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.callers import Caller, Clock
from tests.door import Door, opened
from tests.ehr import allergy
from tests.ehr_double import EhrDouble
from tests.ehr_site import Site, site


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


@pytest.fixture
async def clinic(tmp_path: Path) -> AsyncIterator[Site]:
    """A site whose patient has a penicillin allergy."""
    double = EhrDouble()
    double.load(allergy())
    async with site(double, tmp_path) as found:
        yield found


@pytest.fixture
async def blank(tmp_path: Path) -> AsyncIterator[Site]:
    """A site whose patient has no data yet."""
    async with site(EhrDouble(), tmp_path) as found:
        yield found
