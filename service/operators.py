"""What only the service's own operators may do: reload the tenants, and read the numbers.

They show one token, which is set. Wrong ones are counted, and no more is done about them: a token
of 32 characters is not guessed, and to shut the door for a while would let strangers shut it.
"""

import logging
from collections.abc import Awaitable, Callable
from hashlib import sha256
from hmac import compare_digest
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hooks.errors import NotAuthenticated, Problem
from service.outcomes import outcome
from service.settings import Settings
from service.telemetry.metrics import metrics

_log: Final = logging.getLogger("cardwise.operators")
Handler = Callable[[Request], Awaitable[Response]]


def routes(settings: Settings) -> list[Route]:
    """The operators' addresses; without a token there are none that need it."""
    found: list[Route] = []
    if settings.operator_token:
        found.append(Route("/operations/reload", operators_only(reload), methods=["POST"]))
    if settings.development or settings.open_metrics:
        found.append(Route("/metrics", metrics, methods=["GET"]))
    elif settings.operator_token:
        found.append(Route("/metrics", operators_only(metrics), methods=["GET"]))
    return found


def operators_only(handler: Handler) -> Handler:
    """The handler, reached only with the operators' token."""

    async def checked(request: Request) -> Response:
        if not is_operator(request):
            missing = "authorization" not in request.headers
            request.app.state.cardwise.metrics.refused("operator")
            _log.warning("refused a call of an operators' address")
            raise NotAuthenticated(
                "missing" if missing else "operator",
                "Expected the header Authorization: Bearer, followed by the operators' token.",
            )
        return await handler(request)

    return checked


def is_operator(request: Request) -> bool:
    """Whether a request carries the operators' token; compared in a time that tells nothing."""
    token = request.app.state.cardwise.settings.operator_token
    headers = request.headers.getlist("authorization")
    if token is None or len(headers) != 1:
        return False
    scheme, _, shown = headers[0].partition(" ")
    # digests, so that not even the length shows
    expected, given = (
        sha256(text.encode()).digest() for text in (token.get_secret_value(), shown.strip())
    )
    return compare_digest(expected, given) and scheme.lower() == "bearer"


async def reload(request: Request) -> Response:
    """`POST /operations/reload`: read the tenants again as SIGHUP does, and say what came of it."""
    state = request.app.state.cardwise
    if not state.settings.config:
        return outcome(409, [Problem("CARDWISE_CONFIG is not set, so there are no tenants.")])
    if faults := await request.app.state.tenants.reload():
        return outcome(422, [Problem(line) for line in faults])
    others = await request.app.state.upkeep.announce()
    return JSONResponse({"tenants": [*state.gate.sites.by_id], "others_told": others})
