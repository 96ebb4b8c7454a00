"""Examples that hold: the requests get cards from a service just started, with nothing to read."""

from typing import Any

import msgspec

from hooks.cards import Action, Card, CardsResponse, Source, Suggestion
from rules import _charts as charts
from service import demo

Json = dict[str, Any]

_PATIENT = "penicillin-anaphylaxis"


def requests() -> Json:
    """A request for each hook, all data prefetched."""
    call = demo.example_call("")
    signing = {name: call[name] for name in ("hook", "hookInstance", "context")}
    signing["prefetch"] = {"allergies": _searchset("AllergyIntolerance")}
    context = signing["context"]
    selecting = signing | {
        "hook": "order-select",
        "context": context | {"selections": ["MedicationRequest/draft-1"]},
    }
    viewing = signing | {
        "hook": "patient-view",
        "context": {name: context[name] for name in ("userId", "patientId")},
        "prefetch": signing["prefetch"] | {"medications": _searchset("MedicationRequest")},
    }
    calls = {each["hook"]: each for each in (signing, selecting, viewing)}
    return {hook: {"value": call} for hook, call in calls.items()}


def cards() -> Json:
    """Answers: a conflict, and nothing to say."""
    removal = Action(
        type="delete",
        description="Remove the draft order: amoxicillin 500 MG Oral Capsule",
        resourceId="MedicationRequest/draft-1",
    )
    suggestion = Suggestion(
        label="Remove amoxicillin 500 MG Oral Capsule",
        uuid="e56e1945-20b3-4393-8503-a1a20fd73152",
        actions=(removal,),
    )
    card = Card(
        uuid="4e0a3a1e-3283-4575-ab82-028d55fe2719",
        summary="Amoxicillin is a penicillin; chart records anaphylaxis to penicillin, 2019",
        indicator="critical",
        source=Source(label="Drug allergy: a 2022 practice parameter update"),
        suggestions=(suggestion,),
        selectionBehavior="at-most-one",
    )
    return {
        "conflict": {"value": _decoded(CardsResponse(cards=(card,)).to_json())},
        "nothing to say": {"value": _decoded(CardsResponse().to_json())},
    }


def feedback() -> Json:
    """What became of that card."""
    accepted: Json = {
        "card": "4e0a3a1e-3283-4575-ab82-028d55fe2719",
        "outcome": "accepted",
        "acceptedSuggestions": [{"id": "e56e1945-20b3-4393-8503-a1a20fd73152"}],
        "outcomeTimestamp": "2026-11-20T10:05:31Z",
    }
    overridden: Json = {
        "card": accepted["card"],
        "outcome": "overridden",
        "overrideReason": {"userComment": "Tolerated last year."},
        "outcomeTimestamp": accepted["outcomeTimestamp"],
    }
    return {each["outcome"]: {"value": {"feedback": [each]}} for each in (accepted, overridden)}


def error() -> Json:
    """An error answer: a request that does not name its hook."""
    issue = {
        "severity": "error",
        "code": "required",
        "details": {"text": "Object missing required field `hook`."},
        "diagnostics": "Request 4bf92f3577b34da6a3ce929d0e0e4736",
        "expression": ["hook"],
    }
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def _searchset(kind: str) -> Json:
    chart = [entry["resource"] for entry in charts.load(_PATIENT)["entry"]]
    found = [each for each in chart if each["resourceType"] == kind]
    entries = [{"resource": each, "search": {"mode": "match"}} for each in found]
    bundle: Json = {"resourceType": "Bundle", "type": "searchset", "total": len(found)}
    return bundle | ({"entry": entries} if entries else {})


def _decoded(body: bytes) -> Any:
    return msgspec.json.decode(body)
