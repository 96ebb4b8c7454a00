"""The demo EHR: its FHIR server with the charts, who may read it, and its browser sessions."""

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import Final

import httpx
from starlette.routing import BaseRoute, Mount

from service.demo import charts
from service.demo.access import Access
from service.demo.desk import Sessions
from service.demo.front import PATHS, Front
from service.demo.watch import Watch
from service.fhir_server import FhirServer

TOKEN: Final = "demo"  # noqa: S105 - opens made-up charts only
_PAGE: Final = 20


class Ehr:
    """The demo EHR. One per process.

    Attributes:
        token: the EHR's own, for its own reading and writing.
        access: the tokens that are good.
        watch: how the service came to its answers.
        sessions: of all browsers.
        clock: tells the time, with its zone.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        """Make it."""
        self.token = TOKEN
        self.access = Access(frozenset({TOKEN}))
        self.watch = Watch()
        self.sessions = Sessions()
        self.clock = clock

    @cached_property
    def server(self) -> FhirServer:
        """The FHIR server with every chart; made when first asked for."""
        server = FhirServer(self.access, page_size=_PAGE, base_url=None, clock=self.clock)
        for name in charts.names():
            server.load(charts.load(name))
        return server

    @cached_property
    def http(self) -> httpx.AsyncClient:
        """The way to the service, and to the FHIR server."""
        return httpx.AsyncClient(trust_env=False, timeout=10)

    def routes(self) -> list[BaseRoute]:
        """The FHIR server, at the address of each behaviour."""
        return [
            Mount(path, Front(lambda: self.server.app, self.access, behaviour))
            for behaviour, path in PATHS.items()
        ]

    async def aclose(self) -> None:
        """Close the pooled connections."""
        if "http" in self.__dict__:
            await self.http.aclose()
