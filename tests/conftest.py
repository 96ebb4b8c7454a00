"""What most tests need: the real app, a real FHIR server on the other side, and a fixed clock."""

import gc
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from service.app import create_app
from service.fhir_server import FhirServer
from service.settings import Settings
from tests.asgi import running
from tests.ehr import EHR, FHIR_BASE, PATIENCE, RULES, TOKEN

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def pytest_collection_finish() -> None:
    """Freeze what was imported, as the service does: a collection would use up a rule's time."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run on asyncio, as the service does."""
    return "asyncio"


@pytest.fixture
def now() -> Callable[[], datetime]:
    """A clock that stands still."""
    return lambda: NOW


@pytest.fixture
def fhir_server(request: pytest.FixtureRequest, now: Callable[[], datetime]) -> FhirServer:
    """An empty FHIR server that lets in the delegated token only; parameter: a page's size."""
    size = getattr(request, "param", 50)
    return FhirServer(frozenset({TOKEN}), page_size=size, base_url=FHIR_BASE, clock=now)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Development settings, with our FHIR server on the list and the store in a fresh folder."""
    return Settings(
        public_url="https://cds.test",
        database=tmp_path / "cardwise.sqlite",
        fhir_servers=frozenset({FHIR_BASE}),
        deadline=PATIENCE,
    )


@pytest.fixture
async def ehr(
    settings: Settings, fhir_server: FhirServer, now: Callable[[], datetime]
) -> AsyncIterator[EHR]:
    """An EHR that calls the real app, which reads the EHR's FHIR server."""
    transport = httpx.ASGITransport(Starlette(routes=[Mount("/fhir", fhir_server.app)]))
    app = create_app(settings, clock=now, fhir_transport=transport, rules=RULES)
    async with (
        running(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="https://cds.test"
        ) as client,
    ):
        yield EHR(client, fhir_server)
