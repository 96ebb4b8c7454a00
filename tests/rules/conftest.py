"""What tests of rules need before they run any."""

import pytest

from rules._actions import warm_up


@pytest.fixture(autouse=True, scope="session")
def _warm() -> None:
    """Load what checks suggestions, as the service does at its start: no rule is to pay for it."""
    warm_up()
