"""The server as an ASGI app: HTTP on the outside, interactions within."""

from collections.abc import Callable, Container
from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.fhir_server.capability import capability_statement
from service.fhir_server.interactions import Answer, Call, Interactions, not_allowed
from service.fhir_server.loading import load
from service.fhir_server.outcome import FhirError, Json, bad_request
from service.fhir_server.search import Searches
from service.fhir_server.store import Store
from service.fhir_server.transaction import bundle_response

# The latest requests are kept to be looked at; a demo may run for days.
_REMEMBERED: Final = 10_000
_METHODS: Final = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD")
_CORS: Final = Middleware(
    CORSMiddleware,
    allow_origins=["*"],
    allow_methods=_METHODS,
    allow_headers=["*"],
    expose_headers=["ETag", "Location"],
)

# FHIR promises that 5.10 comes back as 5.10, which a float would not.
_DECODER: Final = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


class FhirServer:
    """A FHIR R4 server in memory.

    Args:
        tokens: The bearer tokens that are let in; None lets everyone in.
        page_size: The largest page of a search, and the usual one.
        base_url: The address it goes by; None takes it from each request, as a mounted app must.
        clock: What says when a resource was last updated.
    """

    def __init__(
        self,
        tokens: Container[str] | None = None,
        page_size: int = 50,
        base_url: str | None = "http://fhir.test",
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self.requests: list[str] = []
        self._tokens = tokens
        self._base = base_url.rstrip("/") if base_url else None
        self._clock = clock or (lambda: datetime.now(UTC))
        self._store = Store(self._clock)
        self._searches = Searches(self._store, page_size)
        self._interactions = Interactions(self._store, self._searches)
        self.app = Starlette(
            routes=[Route("/{path:path}", self._serve, methods=list(_METHODS))],
            middleware=[_CORS],
            exception_handlers={FhirError: _refused, HTTPException: _refused},
        )

    def load(self, resource_or_bundle: Json) -> None:
        """Take in a resource or any exported chart; links among its entries become `Type/id`."""
        load(self._store, self._searches, resource_or_bundle, self._base or "")

    def resources(self, resource_type: str) -> list[Json]:
        """Copies of all resources of a type."""
        return deepcopy(self._store.all(resource_type))

    def read(self, resource_type: str, resource_id: str) -> Json:
        """A copy of one resource; raises `FhirError` when it is unknown or deleted."""
        return deepcopy(self._store.read(resource_type, resource_id))

    def reset(self) -> None:
        """Forget all resources, pages and requests."""
        self._store.clear()
        self._searches.clear()
        self.requests.clear()

    async def _serve(self, request: Request) -> Response:
        path = request.path_params["path"].rstrip("/")
        query = f"?{request.url.query}" if request.url.query else ""
        self.requests.append(f"{request.method} /{path}{query}")
        del self.requests[:-_REMEMBERED]
        base = self._base or _own_base(request)
        if path == "metadata":
            return _response(self._metadata(request, base))
        self._admit(request)
        if path:
            return _response(self._interactions.perform(await _call(request, path, base)))
        if request.method != "POST":
            raise not_allowed(request.method, path, "POST")
        bundle = bundle_response(self._interactions, _decoded(await request.body()), base)
        return _response(Answer(HTTPStatus.OK, bundle))

    def _metadata(self, request: Request, base: str) -> Answer:
        if request.method != "GET":
            raise not_allowed(request.method, "metadata", "GET")
        now = self._clock().isoformat(timespec="seconds")
        return Answer(HTTPStatus.OK, capability_statement(base, now))

    def _admit(self, request: Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if self._tokens is None or (scheme.lower() == "bearer" and token in self._tokens):
            return
        told = "A bearer token known to this server is needed."
        raise FhirError(401, "login", told, {"www-authenticate": "Bearer"})


def _own_base(request: Request) -> str:
    """Where this app is mounted, as the client addressed it."""
    return f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}"


async def _call(request: Request, path: str, base: str) -> Call:
    """The interaction an HTTP request asks for."""
    query, body = parse_qsl(request.url.query, keep_blank_values=True), await request.body()
    if path.endswith("/_search"):
        query += parse_qsl(body.decode(errors="replace"), keep_blank_values=True)
        body = b""
    return Call(
        request.method,
        path,
        base,
        query=query,
        resource=_decoded(body) if request.method in ("POST", "PUT") and body else None,
        if_match=request.headers.get("if-match", ""),
        if_none_exist=request.headers.get("if-none-exist", ""),
        strict="handling=strict" in request.headers.get("prefer", "").replace(" ", ""),
    )


def _decoded(body: bytes) -> object:
    try:
        return _DECODER.decode(body)
    except msgspec.DecodeError as error:
        raise bad_request(f"The body is not JSON: {error}", "structure") from error


def _response(answer: Answer) -> Response:
    if answer.resource is None:
        return Response(status_code=answer.status, headers=answer.headers)
    return _json(answer.status, answer.resource, answer.headers)


def _json(status: int, resource: Json, headers: dict[str, str]) -> Response:
    media_type = "application/fhir+json; charset=utf-8"
    return Response(_ENCODER.encode(resource), status, headers, media_type)


async def _refused(_request: Request, error: Exception) -> Response:
    """Any refusal, ours or Starlette's, as an OperationOutcome."""
    if isinstance(error, HTTPException):
        code = "not-supported" if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED else "invalid"
        error = FhirError(error.status_code, code, error.detail, error.headers)
    if not isinstance(error, FhirError):
        raise error
    return _json(error.status, error.outcome, error.headers)
