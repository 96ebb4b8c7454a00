"""What stands before the demo EHR's FHIR server: it notes each request, and misbehaves as asked.

Each way to misbehave has an address of its own, so that one who tries it is alone with it.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final, Literal

import msgspec
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.demo.access import Access, Read

Behaviour = Literal["working", "slow", "failing", "lost"]

# Behind this path each behaviour is served.
PATHS: Final[dict[Behaviour, str]] = {
    "working": "/demo/fhir",
    "slow": "/demo/slow/fhir",
    "failing": "/demo/failing/fhir",
    "lost": "/demo/lost/fhir",
}
DELAY: Final = 3.0  # seconds: more than the service's usual deadline
_WRITES: Final = frozenset({"POST", "PUT", "DELETE"})


class Front:
    """The FHIR server behind one behaviour.

    - working: as it is.
    - slow: every answer comes after `DELAY`.
    - failing: every answer is a 500.
    - lost: what is written is written, and then the answer is lost (504).
    """

    def __init__(self, app: Callable[[], ASGIApp], access: Access, behaviour: Behaviour) -> None:
        """Stand before what `app` gives, noting requests with `access`."""
        self._app = app
        self._access = access
        self._behaviour = behaviour

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app()(scope, receive, send)
            return
        read = Read(_asked(scope))
        self._access.note(_bearer(scope), read)
        started = time.perf_counter()

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                read.status = message["status"]
                read.milliseconds = (time.perf_counter() - started) * 1000
            await send(message)

        await self._behave(scope, receive, noted)

    async def _behave(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._behaviour == "failing":
            await _failure(500, "exception")(scope, receive, send)
            return
        if self._behaviour == "slow":
            await asyncio.sleep(DELAY)
        if self._behaviour == "lost" and scope["method"] in _WRITES:
            await self._app()(scope, receive, _nowhere)
            await _failure(504, "timeout")(scope, receive, send)
            return
        await self._app()(scope, receive, send)


async def _nowhere(_: Message) -> None:
    """Where a lost answer goes."""


def _failure(status: int, code: str) -> Response:
    issue = {"severity": "error", "code": code, "diagnostics": "Failing on purpose, for the demo."}
    body = {"resourceType": "OperationOutcome", "issue": [issue]}
    return Response(msgspec.json.encode(body), status, media_type="application/fhir+json")


def _asked(scope: Scope) -> str:
    path = scope["path"].removeprefix(scope.get("root_path", "")) or "/"
    query = scope.get("query_string", b"").decode("ascii", "replace")
    return f"{scope['method']} {path}{'?' if query else ''}{query}"


def _bearer(scope: Scope) -> str:
    scheme, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else ""
