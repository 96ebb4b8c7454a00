"""A site: the real app with its real network client, and an EHR whose FHIR server has knobs.

The FHIR server is met over a real socket, on this machine, which development mode allows.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from service.app import create_app
from service.settings import Settings
from tests.asgi import running
from tests.conftest import NOW
from tests.ehr import EHR, RULES, Json, draft
from tests.ehr_double import EhrDouble
from tests.prefetch.servers import listening

NO_SERVER: Json = {"fhirServer": None, "fhirAuthorization": None}


class Site(EHR):
    """An EHR that names its own FHIR server in every call, and shows what the clinician sees."""

    def __init__(self, client: httpx.AsyncClient, double: EhrDouble, base: str) -> None:
        """Speak through `client`; `base` is where the double listens."""
        super().__init__(client, double.fhir)
        self.double = double
        self.base = base

    async def call(self, service: str, request: Json) -> httpx.Response:
        """POST a request; a FHIR server it names is the site's own."""
        server = {"fhirServer": self.base} if "fhirServer" in request else {}
        return await super().call(service, request | server)


@asynccontextmanager
async def site(double: EhrDouble, folder: Path, **changes: Any) -> AsyncIterator[Site]:
    """The app beside this FHIR server; `changes` are further settings."""
    settings = Settings(database=folder / "cardwise.sqlite", public_url="https://cds.test")
    app = create_app(settings.model_copy(update=changes), clock=lambda: NOW, rules=RULES)
    transport = httpx.ASGITransport(app)
    async with (
        listening(double) as base,
        running(app),
        httpx.AsyncClient(transport=transport, base_url="https://cds.test") as client,
    ):
        yield Site(client, double, base)


def seen(answer: httpx.Response) -> list[str]:
    """What the clinician sees: each card as `indicator: summary`, or the reasons of a 412."""
    if answer.status_code == 412:
        texts = [issue["details"]["text"] for issue in answer.json()["issue"]]
        places = [issue["expression"][0] for issue in answer.json()["issue"]]
        return [f"412 {p}: {t}" for p, t in zip(places, texts, strict=True)]
    assert answer.status_code == 200, answer.text
    return [f"{card['indicator']}: {card['summary']}" for card in answer.json()["cards"]]


def refused(answer: httpx.Response) -> set[tuple[str, str]]:
    """The keys and reasons of a 412."""
    lines = seen(answer)
    assert answer.status_code == 412, lines
    return {
        (line.split()[1].rstrip(":"), line.partition("(")[2].partition(")")[0]) for line in lines
    }


def indicators(answer: httpx.Response) -> list[str]:
    """The urgency of each card, in order."""
    return [line.partition(":")[0] for line in seen(answer)]


def taken(**changes: Any) -> Json:
    """Amoxicillin on the patient's list."""
    return draft(**{"id": "m1", "status": "active"} | changes)
