"""The whole description: every endpoint in a sentence, with what it answers and when."""

from typing import Any, Final

from rules._load import load
from service import __version__
from service.catalog import SERVICES
from service.openapi import examples
from service.openapi.schemas import reference, schemas
from service.settings import Settings

Json = dict[str, Any]

_FHIR: Final = "application/fhir+json"
_JSON: Final = "application/json"
_HTML: Final = "text/html"
_ERRORS: Final = {
    "BadRequest": "The request is not what the standard asks for: what was expected, and where.",
    "NotAuthenticated": "The token is missing, or cannot be trusted; WWW-Authenticate says why.",
    "NotFound": "There is no such service, rule or address.",
    "PreconditionFailed": "Required data was neither sent nor could be read: which, and why.",
    "TooLarge": "The body is larger than this service accepts.",
    "NotJson": "Another content type than JSON was declared.",
    "UnknownCard": "Feedback names a card that was not given to this caller; the rest is stored.",
    "TooSlow": "The request did not arrive in time.",
    "OverBudget": "The site calls more than was agreed; Retry-After says when to call again.",
    "Failed": "A defect of this service; the operators see it under the request's id.",
    "Busy": "The service cannot take calls just now; Retry-After, where given, says when.",
}
_ERROR_STATUS: Final = {
    400: "BadRequest",
    401: "NotAuthenticated",
    404: "NotFound",
    412: "PreconditionFailed",
    413: "TooLarge",
    408: "TooSlow",
    415: "NotJson",
    422: "UnknownCard",
    429: "OverBudget",
    500: "Failed",
    503: "Busy",
}


def document(settings: Settings) -> Json:
    """The OpenAPI description of a service with these settings."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Cardwise",
            "version": __version__,
            "summary": "A CDS Hooks decision-support service.",
            "description": "CDS Hooks 3.0.0-ballot; clients of 1.x and 2.0 work. Errors are FHIR "
            "OperationOutcomes. Every answer carries X-Request-ID: name it to support.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": settings.base_url}],
        "security": [_TOKEN] if settings.config else [{}],
        "paths": _paths(settings),
        "components": {
            "schemas": schemas(),
            "responses": {name: _error(says) for name, says in _ERRORS.items()},
            "headers": {"RequestId": _REQUEST_ID},
            "securitySchemes": {"client": _CLIENT},
        },
    }


_REQUEST_ID: Final[Json] = {
    "description": "The request's id: the caller's own if it is a UUID or 32 hexadecimal digits.",
    "schema": {"type": "string"},
}
_CLIENT: Final[Json] = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "A JWT that the client signs for the exact URL it calls, new for each call.",
}

_TOKEN: Final[Json] = {"client": []}


def _paths(settings: Settings) -> Json:
    return {"/cds-services": _discovery(settings), **_posts(), **_others()}


def _discovery(settings: Settings) -> Json:
    opened = {"security": [{}, _TOKEN]} if settings.config and settings.open_discovery else {}
    found = _operation(
        "discovery",
        "Lists the services, and the data they would like prefetched.",
        {_JSON: {"schema": reference("Discovery")}},
        (401, 429),
    )
    return {"get": found | opened}


def _posts() -> Json:
    """What a hook and its feedback are sent to."""
    service = {"parameters": [_parameter("service_id", [each.id for each in SERVICES])]}
    invoke = _operation(
        "invoke",
        "Answers a hook with cards: none when everything was checked and there is nothing to say.",
        {_JSON: {"schema": reference("CardsResponse"), "examples": examples.cards()}},
        (400, 401, 404, 408, 412, 413, 415, 429, 503),
        {"schema": reference("HookRequest"), "examples": examples.requests()},
    )
    feedback = _operation(
        "feedback",
        "Takes what became of cards: all of it is stored before it is acknowledged.",
        {},
        (400, 401, 404, 408, 413, 415, 422, 429, 503),
        {"schema": reference("FeedbackRequest"), "examples": examples.feedback()},
    )
    return {
        "/cds-services/{service_id}": service | {"post": invoke},
        "/cds-services/{service_id}/feedback": service | {"post": feedback},
    }


def _others() -> Json:
    """What people, balancers and tools ask for."""
    rule = _open("rule", "Explains a rule, for people.", _HTML, errors=(404,))
    rules = [_parameter("rule_id", [each.id for each in load()])]
    return {
        "/rules": {"get": _open("ruleList", "Lists the rules, for people.", _HTML)},
        "/rules/{rule_id}": {"parameters": rules, "get": rule},
        "/healthz": {"get": _open("alive", "Says that the process is alive.", _JSON, "Health")},
        "/readyz": {"get": _ready()},
        "/metrics": {"get": _open("metrics", "Gives numbers for Prometheus.", "text/plain")},
        "/openapi.json": {"get": _open("description", "Gives this description.", _JSON)},
        "/": {"get": _open("front", "Says what this is, for people.", _HTML)},
    }


def _operation(
    name: str,
    sentence: str,
    content: Json,
    errors: tuple[int, ...],
    body: Json | None = None,
) -> Json:
    answer: Json = {"description": "As asked.", "headers": _headers()}
    failures = {
        str(status): {"$ref": f"#/components/responses/{_ERROR_STATUS[status]}"}
        for status in (*errors, 500)
    }
    operation = {
        "operationId": name,
        "summary": sentence,
        "responses": {"200": answer | ({"content": content} if content else {}), **failures},
    }
    sent = {"requestBody": {"required": True, "content": {_JSON: body}}} if body else {}
    return operation | sent


def _open(
    name: str, sentence: str, kind: str, schema: str = "", errors: tuple[int, ...] = ()
) -> Json:
    """An endpoint that asks for no token."""
    described = {"schema": reference(schema) if schema else {}}
    return _operation(name, sentence, {kind: described}, errors) | {"security": [{}]}


def _ready() -> Json:
    found = _open("ready", "Says whether calls may be sent here.", _JSON, "Readiness")
    amiss = found["responses"]["200"] | {"description": "Not now: which checks failed."}
    found["responses"]["503"] = amiss
    return found


def _error(says: str) -> Json:
    described = {"schema": reference("OperationOutcome"), "example": examples.error()}
    return {"description": says, "headers": _headers(), "content": {_FHIR: described}}


def _headers() -> Json:
    return {"X-Request-ID": {"$ref": "#/components/headers/RequestId"}}


def _parameter(name: str, values: list[str]) -> Json:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "schema": {"type": "string", "enum": values},
        "example": values[0],
    }
