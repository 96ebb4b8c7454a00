"""The service with its demo EHR, really served: on a free port, from a thread of the test."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import uvicorn

from service.__main__ import listen
from service.app import create_app
from service.demo import TOKEN
from service.settings import Settings
from service.state import State
from tests.asgi import innermost
from tests.conftest import NOW

Json = dict[str, Any]


class Site(NamedTuple):
    """A running service.

    Attributes:
        url: where it is.
        fhir: a client of the demo EHR's FHIR server.
        state: what the process holds.
    """

    url: str
    fhir: httpx.Client
    state: State

    def orders(self, patient: str, *statuses: str) -> list[Json]:
        """The patient's medication orders as the FHIR server has them, drafts included."""
        query = {"patient": patient, "_count": "20"}
        bundle = self.fhir.get("/MedicationRequest", params=query).json()
        found = [entry["resource"] for entry in bundle.get("entry", [])]
        return [r for r in found if not statuses or r["status"] in statuses]

    def feedback(self) -> list[dict[str, Any]]:
        """Every piece of feedback that the service has stored."""
        with sqlite3.connect(self.state.settings.database) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute("SELECT * FROM feedback")]


@contextmanager
def served(folder: Path, **changes: Any) -> Iterator[Site]:
    """Serve until the block ends; the clock stands still."""
    settings = Settings(port=0, database=folder / "cardwise.sqlite").model_copy(update=changes)
    listener = listen(settings)
    settings = settings.model_copy(update={"port": listener.getsockname()[1]})
    app = create_app(settings, clock=_now)
    config = uvicorn.Config(app, log_level="error", lifespan="on", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    base = f"{settings.base_url}/demo/fhir"
    try:
        with httpx.Client(base_url=base, headers={"Authorization": f"Bearer {TOKEN}"}) as fhir:
            yield Site(settings.base_url, fhir, innermost(app).state.cardwise)
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


def _now() -> datetime:
    return NOW
