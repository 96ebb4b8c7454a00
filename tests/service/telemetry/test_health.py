"""`/healthz` and `/readyz`: alive is not the same as ready."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable

import httpx
import pytest

from service.app import create_app
from service.settings import Settings
from service.telemetry.health import Readiness
from tests.asgi import running
from tests.ehr import EHR, draft


async def test_health_answers(ehr: EHR) -> None:
    """The process says that it is there."""
    assert (await ehr.client.get("/healthz")).json()["status"] == "ok"


async def test_a_running_service_is_ready(ehr: EHR) -> None:
    """Every check is named, and holds."""
    answer = await ehr.client.get("/readyz")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {"status": "ready", "checks": {"serving": "ok", "store": "ok"}}


async def test_a_server_that_is_down_does_not_make_us_unready(ehr: EHR) -> None:
    """The EHR's FHIR server is the EHR's; our other callers are served."""
    for _ in range(6):
        await ehr.sign(draft(), fhirServer="http://127.0.0.1:1/fhir")
    assert (await ehr.client.get("/readyz")).status_code == 200


async def test_before_start_and_after_stop_it_is_not_ready(settings: Settings) -> None:
    """The balancer sends calls while the service serves, and at no other time."""
    app = create_app(settings)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="https://cds.test") as client:
        before = await client.get("/readyz")
        async with running(app):
            assert (await client.get("/readyz")).status_code == 200
        after = await client.get("/readyz")
    assert (before.status_code, after.status_code) == (503, 503)
    assert before.json()["checks"] == {"serving": "failed", "store": "ok"}
    assert after.json() == {
        "status": "not ready",
        "checks": {"serving": "failed", "store": "failed"},
    }


async def _hold() -> bool:
    return True


async def _deny() -> bool:
    return False


async def _break() -> bool:
    raise sqlite3.OperationalError("disk of Jane Example")


async def _hang() -> bool:
    return await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("check", "holds"), [(_hold, True), (_deny, False), (_break, False), (_hang, False)]
)
async def test_a_check_holds_or_not(
    check: Callable[[], Awaitable[bool]], holds: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """One that says no, breaks, or does not end in time has failed; the others still count."""
    readiness = Readiness({"store": check, "replay": _hold}, patience=0.01)
    assert await readiness.report() == {"serving": False, "store": holds, "replay": True}
    assert "Jane" not in caplog.text


async def test_a_check_that_hangs_is_begun_once() -> None:
    """However often it is asked for: each could hold a thread."""
    begun = 0
    end = asyncio.Event()

    async def check() -> bool:
        nonlocal begun
        begun += 1
        return await end.wait()

    readiness = Readiness({"store": check}, patience=0.001)
    for _ in range(3):
        assert not (await readiness.report())["store"]
    end.set()
    await asyncio.sleep(0)
    assert begun == 1
    assert (await readiness.report())["store"]
