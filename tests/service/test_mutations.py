"""Requests bent at random places: the answer is always 200 or a 4xx, and no rule breaks."""

import json
from random import Random
from typing import Any, Final

import pytest

from tests.ehr import EHR, Json, allergy, bundle, draft, envelope, order_sign

SEEDS: Final = 200
ODD: Final[list[Any]] = [None, "", [], {}, 0, -1, 1e308, True, "x" * 5000, "\x00", "<b>", [[]]]
ODD.extend([{"reference": 5}, {"coding": "x"}, {"coding": [None]}, 10**30, {"resourceType": []}])
REACTION = {"manifestation": [{"text": "Hives"}], "substance": {"text": "amoxicillin"}}
LISTS = {
    "allergies": bundle(allergy(reaction=[REACTION], onsetDateTime="2019-01"), allergy(id="a2")),
    "medications": bundle(draft(id="m1", status="active")),
}
ORDER = order_sign(draft(contained=[{"resourceType": "Medication", "id": "m"}]), prefetch=LISTS)
VIEW = envelope("patient-view", prefetch=LISTS)
CARD = "the card that the order gives"
FEEDBACK: Json = {
    "feedback": [
        {
            "card": CARD,
            "outcome": "overridden",
            "overrideReason": {"reason": {"code": "x", "system": "y"}, "userComment": "z"},
            "outcomeTimestamp": "2026-01-01T00:00:00Z",
        }
    ]
}


def bent(value: Any, chance: Random) -> Any:
    """A copy with some parts replaced, wrapped in a list, or left out."""
    if chance.random() < 0.04:
        return chance.choice(ODD)
    if isinstance(value, list):
        return [bent(item, chance) for item in value if chance.random() > 0.02]
    if not isinstance(value, dict):
        return value
    kept = {name: bent(inner, chance) for name, inner in value.items() if chance.random() > 0.02}
    return {name: [inner] if chance.random() < 0.01 else inner for name, inner in kept.items()}


@pytest.mark.parametrize(
    ("path", "request_body"),
    [
        ("order-safety", ORDER),
        ("order-safety", ORDER | {"prefetch": {}}),
        ("chart-review", VIEW),
        ("order-safety/feedback", FEEDBACK),
    ],
    ids=["prefetched", "fetched", "chart", "feedback"],
)
async def test_a_bent_request_breaks_nothing(ehr: EHR, path: str, request_body: Json) -> None:
    """A request with odd values anywhere gets an answer, and no check that was made broke."""
    headers = {"content-type": "application/json"}
    card = (await ehr.call("order-safety", ORDER)).json()["cards"][0]["uuid"]
    for seed in range(SEEDS):
        sent = json.dumps(bent(request_body, Random(seed)))  # noqa: S311 - chance, not secrets
        sent = sent.replace(CARD, card)
        answer = await ehr.client.post(f"/cds-services/{path}", content=sent, headers=headers)
        assert answer.status_code in (200, 400, 412, 422), seed
        assert "the check itself failed" not in answer.text, seed
