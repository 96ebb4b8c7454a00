"""The schemas of what is sent and answered: generated from the models that read and write it."""

from typing import Any, Final

import msgspec
from pydantic.json_schema import models_json_schema

import hooks
from hooks.cards import CardsResponse
from hooks.discovery import Discovery
from hooks.feedback import FeedbackRequest
from hooks.request import Context, Envelope

Json = dict[str, Any]

_PLACE: Final = "#/components/schemas/"
_OUTCOME: Final[Json] = {
    "OperationOutcome": {
        "description": "What is wrong, one issue for each thing. "
        "`diagnostics` has the request's id, to be named to support.",
        "type": "object",
        "properties": {
            "resourceType": {"const": "OperationOutcome"},
            "issue": {
                "type": "array",
                "minItems": 1,
                "items": {"$ref": f"{_PLACE}Issue"},
            },
        },
        "required": ["resourceType", "issue"],
    },
    "Issue": {
        "description": "One thing that is wrong: what was expected, and where.",
        "type": "object",
        "properties": {
            "severity": {"const": "error"},
            "code": {"type": "string", "description": "A FHIR IssueType."},
            "details": {
                "type": "object",
                "properties": {"text": {"type": "string"}},
                "required": ["text"],
            },
            "diagnostics": {"type": "string"},
            "expression": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["severity", "code", "details"],
    },
}
_HEALTH: Final[Json] = {
    "Health": {
        "type": "object",
        "properties": {"status": {"const": "ok"}, "version": {"type": "string"}},
        "required": ["status", "version"],
    },
    "Readiness": {
        "type": "object",
        "properties": {
            "status": {"enum": ["ready", "not ready"]},
            "checks": {
                "type": "object",
                "additionalProperties": {"enum": ["ok", "failed"]},
            },
        },
        "required": ["status", "checks"],
    },
}


def reference(name: str) -> Json:
    """Where a schema is found."""
    return {"$ref": _PLACE + name}


def schemas() -> Json:
    """Every schema by name."""
    written = models_json_schema(
        [
            (CardsResponse, "serialization"),
            (Discovery, "serialization"),
            (FeedbackRequest, "validation"),
        ],
        ref_template=_PLACE + "{model}",
    )[1]["$defs"]
    read = msgspec.json.schema_components(
        [Envelope, *hooks.contexts().values()], ref_template=_PLACE + "{name}"
    )[1]
    found = {name: tidy(schema) for name, schema in {**written, **read}.items()}
    envelope = found.pop("Envelope")
    calls = {
        f"{context.__name__}Request": _request(envelope, hook, context)
        for hook, context in hooks.contexts().items()
    }
    any_of = {"description": "A call of a hook.", "anyOf": [reference(name) for name in calls]}
    return {"HookRequest": any_of, **calls, **found, **_OUTCOME, **_HEALTH}


def tidy(schema: Json) -> Json:
    """The schema without what says nothing: titles that repeat a name, and null for "absent"."""
    kept = {name: _inner(name, value) for name, value in schema.items() if name != "title"}
    if kept.get("default", ...) is None:
        del kept["default"]
    options = [each for each in kept.pop("anyOf", ()) if each != {"type": "null"}]
    if len(options) > 1:
        return {"anyOf": options} | kept
    return {**(options[0] if options else {}), **kept}


def _inner(name: str, value: Any) -> Any:
    if name in ("properties", "$defs"):
        return {inner: tidy(schema) for inner, schema in value.items()}
    if name == "anyOf":
        return [tidy(each) for each in value]
    nested = name in ("items", "additionalProperties") and isinstance(value, dict)
    return tidy(value) if nested else value


def _request(envelope: Json, hook: str, context: type[Context]) -> Json:
    """The request of one hook: the envelope, with its context."""
    fixed = {"hook": {"const": hook}, "context": reference(context.__name__)}
    return envelope | {
        "description": f"A call of {hook}.",
        "properties": envelope["properties"] | fixed,
    }
