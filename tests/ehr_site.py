"""A site: the real app with its real network client, and an EHR whose FHIR server has knobs.

The FHIR server is met over a real socket, on this machine, which development mode allows. A site
may be a tenant: then its calls are signed, and its table in the configuration holds.
"""

import json
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from service.app import create_app
from service.settings import Settings
from tests.asgi import running
from tests.callers import ISSUER, JKU, Caller, Clock, ec, public
from tests.conftest import NOW
from tests.ehr import EHR, PATIENCE, RULES, Json, draft
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
    async with listening(double) as base, _calling(folder, **changes) as client:
        yield Site(client, double, base)


@asynccontextmanager
async def tenant(
    double: EhrDouble, folder: Path, table: str, fhir: str = "", tables: str = ""
) -> AsyncIterator[Site]:
    """The app beside the FHIR server of a tenant.

    Args:
        double: the FHIR server.
        folder: for the configuration and the database.
        table: lines of the tenant's own table, such as its preset.
        fhir: lines of its FHIR server's table.
        tables: tables below the tenant's own, as `[tenants.mercy.actions]`.
    """
    jwk = ", ".join(f"{name} = {json.dumps(value)}" for name, value in public(ec()).items())
    async with listening(double) as base:
        file = folder / "sites.toml"
        file.write_text(f"""
            [tenants.mercy]
            {table}
            [[tenants.mercy.fhir]]
            base = "{base}"
            {fhir}
            [tenants.mercy.trust]
            issuers = ["{ISSUER}"]
            jku = ["{JKU}"]
            jwks = {{ keys = [{{ {jwk} }}] }}
            algorithms = ["ES384"]
            {tables}
        """)
        async with _calling(folder, config=file) as client:
            client.auth = _Signed()
            yield Site(client, double, base)


class _Signed(httpx.Auth):
    """Signs each call for the address it goes to."""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Put in a fresh token."""
        request.headers.update(Caller(Clock(), request.url.path).bearer())
        yield request


@asynccontextmanager
async def _calling(folder: Path, **changes: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app."""
    settings = Settings(
        database=folder / "cardwise.sqlite", public_url="https://cds.test", deadline=PATIENCE
    )
    app = create_app(settings.model_copy(update=changes), clock=lambda: NOW, rules=RULES)
    transport = httpx.ASGITransport(app)
    async with (
        running(app),
        httpx.AsyncClient(transport=transport, base_url="https://cds.test") as client,
    ):
        yield client


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
