"""Our exceptions as HTTP: status, OperationOutcome, and nothing about the patient.

Standard: CDS Hooks 3.0.0-ballot, "Returning OperationOutcome". The only such table.
"""

import logging
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hooks.errors import (
    NotAuthenticated,
    NotStored,
    OverBudget,
    PreconditionFailed,
    Problem,
    RequestError,
    TooMuch,
    TryLater,
    Unavailable,
    UnknownCard,
    UnknownService,
)
from service.telemetry.exchange import request_id, tell
from service.telemetry.logs import frames

_log: Final = logging.getLogger("cardwise")
_STATUS: Final[dict[type[RequestError], int]] = {
    NotAuthenticated: 401,
    UnknownService: 404,
    PreconditionFailed: 412,
    TooMuch: 413,
    UnknownCard: 422,
    OverBudget: 429,
    NotStored: 503,
    Unavailable: 503,
}
_PHRASES: Final = {
    404: ("There is nothing at this address.", "not-found"),
    405: ("This address does not take that method.", "not-supported"),
    408: ("The body did not arrive in time.", "timeout"),
    415: ("Expected Content-Type application/json, and no Content-Encoding.", "not-supported"),
}


def outcome(
    status: int, problems: Iterable[Problem], headers: Mapping[str, str] | None = None
) -> Response:
    """An error answer: one issue for each problem."""
    problems = list(problems)
    tell(problems=[problem.code for problem in problems])
    body = {"resourceType": "OperationOutcome", "issue": [_issue(p) for p in problems]}
    return Response(msgspec.json.encode(body), status, headers, media_type="application/fhir+json")


def busy(text: str) -> Response:
    """503: the service cannot take this on now, and another time can."""
    return outcome(503, [Problem(text, code="throttled")], {"Retry-After": "1"})


def status_of(error: Exception) -> int:
    """The HTTP status that an exception is answered with."""
    if isinstance(error, RequestError):
        return _STATUS.get(type(error), 400)
    return error.status_code if isinstance(error, HTTPException) else 500


async def on_request_error(_: Request, error: Exception) -> Response:
    """Answer what the caller got wrong."""
    assert isinstance(error, RequestError)  # noqa: S101 - Starlette hands over what was registered
    return outcome(status_of(error), error.problems, _headers(error))


async def on_http_exception(_: Request, error: Exception) -> Response:
    """Answer what the router, or a limit, refused."""
    assert isinstance(error, HTTPException)  # noqa: S101
    text, code = _PHRASES.get(error.status_code, ("The request was refused.", "processing"))
    return outcome(error.status_code, [Problem(text, code=code)], error.headers)


async def on_defect(_: Request, _error: Exception) -> Response:
    """Answer a bug of ours; `LastResort` logs it."""
    return outcome(500, [Problem("The service failed; this is a defect.", code="exception")])


class LastResort:
    """Turns a bug into a 500 with an OperationOutcome, and logs where it is, not what it held."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an app."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app; answer 500 if it breaks before it has begun to answer."""
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:  # noqa: BLE001 - this is the last resort
            _log.error("unexpected %s at %s", type(error).__name__, frames(error))
            if scope["type"] == "http" and not started:
                answer = await on_defect(Request(scope), error)
                await answer(scope, receive, send)


def _headers(error: RequestError) -> dict[str, str]:
    """What an answer says in its headers: how to authenticate (RFC 6750, 3), or when to retry."""
    if isinstance(error, NotAuthenticated):
        told = f' error="invalid_token", error_description="{error.reason}"'
        return {"WWW-Authenticate": "Bearer" + ("" if error.reason == "missing" else told)}
    if isinstance(error, TryLater):
        return {"Retry-After": str(error.retry_after)}
    return {}


def _issue(problem: Problem) -> dict[str, Any]:
    issue: dict[str, Any] = {
        "severity": "error",
        "code": problem.code,
        "details": {"text": problem.text},
    }
    issue |= {"diagnostics": f"Request {found}"} if (found := request_id()) else {}
    return issue | ({"expression": [problem.where]} if problem.where else {})
