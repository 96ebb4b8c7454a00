"""The last resort: a bug becomes a 500 that says nothing of the patient."""

import logging

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from service.outcomes import LastResort


async def broken(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """An app with a bug whose message quotes the patient."""
    raise KeyError("Jane Example, born 1961")


async def test_a_bug_is_a_500_without_details(caplog: pytest.LogCaptureFixture) -> None:
    """The answer is an OperationOutcome, the log has type and line, and neither has the message."""
    transport = httpx.ASGITransport(LastResort(broken))
    with caplog.at_level(logging.ERROR):
        async with httpx.AsyncClient(transport=transport, base_url="https://cds.test") as client:
            answer = await client.get("/")
    assert answer.status_code == 500
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert "KeyError at test_outcomes.py:" in caplog.text
    assert "Jane" not in answer.text + caplog.text
