"""Which calls are turned away, over HTTP, against the real app."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from service.app import create_app
from service.settings import Settings
from tests.asgi import running
from tests.ehr import EHR, draft
from tests.service.limits.held import Held
from tests.service.limits.wire import CALL

FEEDBACK = {
    "feedback": [{"card": "c", "outcome": "overridden", "outcomeTimestamp": "2026-01-01T00:00:00Z"}]
}


@pytest.fixture
async def full(settings: Settings, now: Callable[[], datetime]) -> AsyncIterator[tuple[EHR, Held]]:
    """The service with room for one call, and a FHIR server that holds its answers."""
    server = Held()
    app = create_app(
        settings.model_copy(update={"max_calls": 1}),
        clock=now,
        fhir_transport=httpx.ASGITransport(Starlette(routes=[Mount("/fhir", server)])),
    )
    transport = httpx.ASGITransport(app)
    async with (
        running(app),
        httpx.AsyncClient(transport=transport, base_url="https://cds.test") as client,
    ):
        yield EHR(client, server.fhir), server


async def test_a_call_too_many_is_turned_away(full: tuple[EHR, Held]) -> None:
    """It gets 503 with Retry-After and an OperationOutcome, and is counted; the first is served."""
    ehr, server = full
    first = asyncio.ensure_future(ehr.sign(draft()))
    await server.asked_once.wait()
    second = await ehr.sign(draft())
    assert (second.status_code, second.headers["retry-after"]) == (503, "1")
    assert second.json()["issue"][0]["code"] == "throttled"
    counted = (await ehr.client.get("/metrics")).text
    assert 'cardwise_refusals_total{reason="overload"} 1.0' in counted
    server.free.set()
    assert (await first).status_code == 200
    assert (await ehr.sign(draft())).status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/metrics", "/cds-services", "/rules", "/"])
async def test_what_is_always_answered(full: tuple[EHR, Held], path: str) -> None:
    """Discovery, health, metrics and pages are answered while calls are turned away."""
    ehr, server = full
    first = asyncio.ensure_future(ehr.sign(draft()))
    await server.asked_once.wait()
    assert (await ehr.client.get(path)).status_code == 200
    server.free.set()
    await first


async def test_feedback_has_its_own_share(full: tuple[EHR, Held]) -> None:
    """Feedback is looked at while calls are turned away: here, it is about nobody's card."""
    ehr, server = full
    first = asyncio.ensure_future(ehr.sign(draft()))
    await server.asked_once.wait()
    assert (await ehr.client.post(f"{CALL}/feedback", json=FEEDBACK)).status_code == 422
    server.free.set()
    await first
