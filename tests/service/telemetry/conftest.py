"""What tests of telemetry need: the log as it is written."""

import logging
from collections.abc import Iterator
from io import StringIO

import pytest

from service.telemetry.logs import Form, configure


@pytest.fixture
def written() -> Iterator[StringIO]:
    """What our log writes, as JSON; the loggers are as before when it ends."""
    yield from _written("json")


@pytest.fixture
def as_text() -> Iterator[StringIO]:
    """The same as text."""
    yield from _written("text")


def _written(form: Form) -> Iterator[StringIO]:
    root, ours = logging.getLogger(), logging.getLogger("cardwise")
    before = root.handlers[:], root.level, ours.level
    root.handlers = []  # so that nobody closes pytest's own
    configure("INFO", form)
    stream = StringIO()
    handler = root.handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)
    yield stream
    root.handlers, root.level, ours.level = before
