"""The service on a socket, with patience for tests."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime

import pytest

from service.app import create_app
from service.settings import Settings
from tests.asgi import running
from tests.service.limits.wire import Wire, wired


@pytest.fixture
async def wire(settings: Settings, now: Callable[[], datetime]) -> AsyncIterator[Wire]:
    """The service with a quarter of a second for each part of a request."""
    app = create_app(settings.model_copy(update={"receive_seconds": 0.25}), clock=now)
    async with running(app), wired(app, seconds=0.25, head_bytes=2000, headers=20) as found:
        yield found
