"""`POST /cds-services/{id}/feedback`, over HTTP, and what is then on disk."""

import sqlite3
from typing import Any

import httpx
import pytest

from service.settings import Settings
from tests.ehr import EHR, Json

ACCEPTED: Json = {
    "card": "4e0a3a1e-3283-4575-ab82-028d55fe2719",
    "outcome": "accepted",
    "acceptedSuggestions": [{"id": "e56e1945-20b3-4393-8503-a1a20fd73152"}],
    "outcomeTimestamp": "2026-11-20T10:05:31Z",
}
OVERRIDDEN: Json = {
    "card": "9368d37b-283f-44a0-93ea-547cebab93ed",
    "outcome": "overridden",
    "overrideReason": {
        "reason": {"code": "d7ecf885", "system": "https://example.com/reasons"},
        "userComment": "Tolerated last year.",
    },
    "outcomeTimestamp": "2026-11-20T10:06:00+01:00",
}


async def send(ehr: EHR, *items: Any) -> httpx.Response:
    """Send feedback on order-safety cards."""
    return await ehr.client.post(
        "/cds-services/order-safety/feedback", json={"feedback": list(items)}
    )


def stored(settings: Settings) -> list[dict[str, Any]]:
    """What another process finds in the file."""
    connection = sqlite3.connect(settings.database)
    connection.row_factory = sqlite3.Row
    rows = [dict(row) for row in connection.execute("SELECT * FROM feedback ORDER BY rowid")]
    connection.close()
    return rows


async def test_accepted_and_overridden_are_on_disk_before_200(ehr: EHR, settings: Settings) -> None:
    """Once 200 is said, another reader of the file finds every member of the feedback."""
    answer = await send(ehr, ACCEPTED, OVERRIDDEN)
    assert answer.status_code == 200
    accepted, overridden = stored(settings)
    assert accepted["card"] == ACCEPTED["card"]
    assert accepted["suggestions"] == ACCEPTED["acceptedSuggestions"][0]["id"]
    assert accepted["service"] == "order-safety"
    assert overridden["reason_code"] == "d7ecf885"
    assert overridden["comment"] == "Tolerated last year."
    assert overridden["acted_at"] == "2026-11-20T09:06:00+00:00"
    assert overridden["received_at"] == "2026-11-21T09:30:00+00:00"


async def test_the_same_feedback_twice_is_kept_once(ehr: EHR, settings: Settings) -> None:
    """A repeated delivery is acknowledged and not stored again; a later outcome is."""
    for item in (ACCEPTED, ACCEPTED, ACCEPTED | {"outcomeTimestamp": "2026-11-20T11:00:00Z"}):
        assert (await send(ehr, item)).status_code == 200
    assert len(stored(settings)) == 2


@pytest.mark.parametrize(
    "override",
    [
        {},
        {"overrideReason": {"reason": {"code": "x"}}},
        {"overrideReason": {"userComment": "no"}},
        {"overrideReasons": {"reason": {"code": "x", "system": "s", "display": "d"}}},
        {"overrideReasons": {"extension": {"com.epic.cdshooks.reasonTitle": "t"}}},
        {"card": "123456"},
        {"outcomeTimestamp": "2026-11-20T10:05:31"},
    ],
)
async def test_what_vendors_send_is_taken(ehr: EHR, settings: Settings, override: Json) -> None:
    """Overrides without reason, half a reason, Epic's plural and extension, and odd ids count."""
    item = {key: value for key, value in OVERRIDDEN.items() if key != "overrideReason"}
    answer = await send(ehr, item | override)
    assert answer.status_code == 200
    assert len(stored(settings)) == 1


@pytest.mark.parametrize(
    ("item", "where"),
    [
        ({}, "feedback[0].card"),
        (ACCEPTED | {"outcome": "liked"}, "feedback[0].outcome"),
        (ACCEPTED | {"acceptedSuggestions": []}, "feedback[0]"),
        (ACCEPTED | {"outcomeTimestamp": "yesterday"}, "feedback[0].outcomeTimestamp"),
        ("text", "feedback[0]"),
    ],
)
async def test_what_is_no_feedback_is_refused(
    ehr: EHR, settings: Settings, item: object, where: str
) -> None:
    """A faulty piece is 400 with its place, and nothing that came with it is stored."""
    answer = await send(ehr, item, ACCEPTED)
    assert answer.status_code == 400
    assert where in [issue["expression"][0] for issue in answer.json()["issue"]]
    assert stored(settings) == []


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"feedback": []}', b"\xff"])
async def test_a_body_without_feedback_is_refused(ehr: EHR, body: bytes) -> None:
    """There is at least one piece of feedback, or the answer is 400."""
    answer = await ehr.client.post(
        "/cds-services/order-safety/feedback",
        content=body,
        headers={"content-type": "application/json"},
    )
    assert answer.status_code == 400
