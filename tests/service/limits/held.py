"""A FHIR server that answers when it is let: calls are under way for as long as is needed."""

import asyncio

from starlette.types import Receive, Scope, Send

from service.fhir_server import FhirServer
from tests.ehr import TOKEN, allergy
from tests.ehr_double import EhrDouble

CALLS = 12


class Held(EhrDouble):
    """A FHIR server that answers when it is let."""

    def __init__(self) -> None:
        """Hold every answer, for each of `CALLS` tokens and the usual one."""
        tokens = frozenset({TOKEN, *(TOKEN + str(number) for number in range(CALLS))})
        super().__init__(FhirServer(tokens, base_url=None))
        self.load(allergy())
        self.free = asyncio.Event()
        self.busy = asyncio.Event()
        self.asked_once = asyncio.Event()
        self._waiting = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait, then answer."""
        self.asked_once.set()
        self._waiting += 1
        if self._waiting == 2 * CALLS:  # each asks for two lists
            self.busy.set()
        await self.free.wait()
        await super().__call__(scope, receive, send)
