"""The description of every endpoint for integrators, as OpenAPI 3.1 at `GET /openapi.json`."""

from functools import cache

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from service.openapi.document import document
from service.settings import Settings


async def openapi(request: Request) -> Response:
    """The description, made when it is first asked for."""
    settings: Settings = request.app.state.cardwise.settings
    return Response(_encoded(settings), media_type="application/json")


@cache
def _encoded(settings: Settings) -> bytes:
    return msgspec.json.encode(document(settings))
