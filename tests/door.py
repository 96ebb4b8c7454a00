"""The service with tenants: the real app, a key server and a FHIR server on the other side."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.routing import Mount

from service.app import create_app
from service.fhir_server import FhirServer
from service.settings import Settings
from tests.asgi import innermost, running
from tests.callers import CONFIG, DISCOVERY, JKU, PUBLIC, SERVICE, Clock, KeyServer, key_set
from tests.callers import ec as ec_key
from tests.callers import public as public_key
from tests.ehr import FHIR_BASE, PATIENCE, RULES, TOKEN, Json, allergy, draft, order_sign

AUDIT_KEY = "a secret of the tests, long enough"


@dataclass
class Door:
    """The way into the service.

    Attributes:
        client: speaks to it.
        keys: serves key sets.
        fhir: holds charts.
        config: the configuration file.
        app: the app itself.
    """

    client: httpx.AsyncClient
    keys: KeyServer
    fhir: FhirServer
    config: Path
    app: Any

    async def knock(self, headers: Any = None, path: str = SERVICE, **changes: Any) -> Any:
        """Call a path: discovery by GET, anything else with an order for amoxicillin."""
        if path == DISCOVERY:
            return await self.client.get(path, headers=headers)
        order: Json = order_sign(draft(), **changes)
        return await self.client.post(path, json=order, headers=headers)

    async def refusals(self) -> dict[str, int]:
        """How often calls were refused, by reason."""
        text = (await self.client.get("/metrics")).text
        lines = [line for line in text.splitlines() if line.startswith("cardwise_refusals_total{")]
        pairs = [line.partition('reason="')[2].split('"} ') for line in lines]
        return {reason: int(float(number)) for reason, number in pairs}

    async def reload(self, config: str) -> None:
        """Write another configuration, and have it read."""
        self.config.write_text(config)
        await self.app.state.tenants.reload()


@asynccontextmanager
async def opened(
    folder: Path, clock: Clock, config: str = CONFIG, *, sockets: bool = False, **settings: Any
) -> AsyncIterator[Door]:
    """The service with a configuration, its callers' keys where they say they are.

    With `sockets`, FHIR servers are read over the network.
    """
    file = folder / "cardwise.toml"
    file.write_text(config)
    keys = KeyServer({JKU: key_set(public_key(ec_key()))})
    fhir = FhirServer(frozenset({TOKEN}), page_size=50, base_url=FHIR_BASE, clock=clock)
    fhir.load(allergy())
    given: Json = {"public_url": PUBLIC, "database": folder / "x.sqlite", "config": file}
    given |= {"warm_keys": False, "open_metrics": True, "audit_key": AUDIT_KEY}
    given["deadline"] = PATIENCE
    app = create_app(
        Settings(**(given | settings)),
        clock=clock,
        fhir_transport=None if sockets else _way_to(fhir),
        keys_transport=httpx.ASGITransport(keys.app),
        rules=RULES,
    )
    inner = innermost(app)
    transport = httpx.ASGITransport(app)
    async with (
        running(app),
        httpx.AsyncClient(transport=transport, base_url=PUBLIC) as client,
    ):
        yield Door(client, keys, fhir, file, inner)


def _way_to(fhir: FhirServer) -> httpx.ASGITransport:
    return httpx.ASGITransport(Starlette(routes=[Mount("/fhir", fhir.app)]))
