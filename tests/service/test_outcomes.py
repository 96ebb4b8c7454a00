"""The last resort: a bug becomes a 500 that says nothing of the patient."""

import logging
from datetime import datetime

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from service.app import create_app
from service.outcomes import LastResort
from service.settings import Settings
from tests.asgi import running
from tests.ehr import RULES, draft, order_sign


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


async def test_a_bug_in_the_app_is_a_500_that_can_be_read(settings: Settings) -> None:
    """Through all of the real app: an OperationOutcome, with CORS, and nothing of the request."""

    def stopped() -> datetime:
        raise OSError("the clock of Jane Example")

    app = create_app(settings, clock=stopped, rules=RULES)
    async with (
        running(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="https://cds.test"
        ) as client,
    ):
        headers = {"Origin": "https://browser.test"}
        answer = await client.post(
            "/cds-services/order-safety", json=order_sign(draft()), headers=headers
        )
    assert answer.status_code == 500
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "Jane" not in answer.text
