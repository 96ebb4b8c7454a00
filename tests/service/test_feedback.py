"""`POST /cds-services/{id}/feedback`, over HTTP: what is taken, and what is refused.

What is then in the database is in `store/`, on SQLite and PostgreSQL.
"""

import json
import sqlite3
from typing import Any

import httpx
import pytest

from service.settings import Settings
from tests.ehr import EHR, Json, allergy, draft

AT = "2026-11-20T10:05:31Z"
UNKNOWN = "4e0a3a1e-3283-4575-ab82-028d55fe2719"


async def send(ehr: EHR, *items: Any) -> httpx.Response:
    """Send feedback on order-safety cards."""
    return await ehr.client.post(
        "/cds-services/order-safety/feedback",
        content=json.dumps({"feedback": list(items)}),
        headers={"content-type": "application/json"},
    )


@pytest.fixture
async def card(ehr: EHR) -> Json:
    """A card that was just given to the EHR."""
    ehr.fhir.load(allergy())
    found: Json = (await ehr.sign(draft())).json()["cards"][0]
    return found


def accepted(card: Json, **changes: Any) -> Json:
    """Feedback that the card's first suggestion was accepted."""
    suggestion = {"id": card["suggestions"][0]["uuid"]}
    return {
        "card": card["uuid"],
        "outcome": "accepted",
        "acceptedSuggestions": [suggestion],
        "outcomeTimestamp": AT,
    } | changes


def overridden(card: Json, **changes: Any) -> Json:
    """Feedback that the card was overridden."""
    return {"card": card["uuid"], "outcome": "overridden", "outcomeTimestamp": AT} | changes


def stored(settings: Settings) -> list[dict[str, Any]]:
    """What another process finds in the file."""
    connection = sqlite3.connect(settings.database)
    connection.row_factory = sqlite3.Row
    rows = [dict(row) for row in connection.execute("SELECT * FROM feedback ORDER BY rowid")]
    connection.close()
    return rows


async def test_it_is_on_disk_before_200(ehr: EHR, settings: Settings, card: Json) -> None:
    """Once 200 is said, another reader of the file finds every member of the feedback."""
    reason = {"code": "d7ecf885", "system": "https://example.com/reasons"}
    override = {"reason": reason, "userComment": "Tolerated last year."}
    no = overridden(card, overrideReason=override, outcomeTimestamp="2026-11-20T10:06:00+01:00")
    answer = await send(ehr, accepted(card), no)
    assert answer.status_code == 200
    first, second = stored(settings)
    assert first["card"] == card["uuid"]
    assert first["suggestions"] == card["suggestions"][0]["uuid"]
    assert first["service"] == "order-safety"
    assert second["reason_code"] == "d7ecf885"
    assert second["comment"] == "Tolerated last year."
    assert second["acted_at"] == "2026-11-20T09:06:00+00:00"
    assert second["received_at"] == "2026-11-21T09:30:00+00:00"


async def test_the_same_feedback_twice_is_kept_once(
    ehr: EHR, settings: Settings, card: Json
) -> None:
    """A repeated delivery is acknowledged and not stored again; a later outcome is."""
    item = accepted(card)
    for sent in (item, item, item | {"outcomeTimestamp": "2026-11-20T11:00:00Z"}):
        assert (await send(ehr, sent)).status_code == 200
    assert len(stored(settings)) == 2


@pytest.mark.parametrize(
    "override",
    [
        {},
        {"overrideReason": {"reason": {"code": "x"}}},
        {"overrideReason": {"userComment": "no"}},
        {"overrideReasons": {"reason": {"code": "x", "system": "s", "display": "d"}}},
        {"overrideReasons": {"extension": {"com.epic.cdshooks.reasonTitle": "t"}}},
        {"outcomeTimestamp": "2026-11-20T10:05:31"},
    ],
)
async def test_what_vendors_send_is_taken(
    ehr: EHR, settings: Settings, card: Json, override: Json
) -> None:
    """Overrides without reason, half a reason, and Epic's plural and extension count."""
    answer = await send(ehr, overridden(card, **override))
    assert answer.status_code == 200
    assert len(stored(settings)) == 1


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"card": None}, "feedback[0].card"),
        ({"outcome": "liked"}, "feedback[0].outcome"),
        ({"acceptedSuggestions": []}, "feedback[0]"),
        ({"outcomeTimestamp": "yesterday"}, "feedback[0].outcomeTimestamp"),
        (None, "feedback[0]"),
    ],
)
async def test_what_is_no_feedback_is_refused(
    ehr: EHR, settings: Settings, card: Json, change: Json | None, where: str
) -> None:
    """A faulty piece is 400 with its place, and nothing that came with it is stored."""
    item = "text" if change is None else accepted(card) | change
    answer = await send(ehr, item, accepted(card))
    assert answer.status_code == 400
    assert where in [issue["expression"][0] for issue in answer.json()["issue"]]
    assert stored(settings) == []


@pytest.mark.parametrize("odd", [UNKNOWN, "123456", "\x00", "x" * 5000, "🂡"])
async def test_a_card_that_was_never_given_is_told_of(
    ehr: EHR, settings: Settings, card: Json, odd: str
) -> None:
    """Feedback about it is 422 with its place; what came with it is stored, also sent again."""
    items = [overridden({"uuid": odd}), accepted(card), overridden({"uuid": UNKNOWN})]
    for _ in range(2):
        answer = await send(ehr, *items)
        assert answer.status_code == 422
        places = [issue["expression"] for issue in answer.json()["issue"]]
        assert places == [["feedback[0].card"], ["feedback[2].card"]]
        assert odd not in answer.text
        assert [row["card"] for row in stored(settings)] == [card["uuid"]]
    metrics = (await ehr.client.get("/metrics")).text
    assert 'cardwise_feedback_total{end="unknown-card"} 4.0' in metrics
    assert 'cardwise_feedback_total{end="stored"} 2.0' in metrics


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"feedback": []}', b"\xff"])
async def test_a_body_without_feedback_is_refused(ehr: EHR, body: bytes) -> None:
    """There is at least one piece of feedback, or the answer is 400."""
    answer = await ehr.client.post(
        "/cds-services/order-safety/feedback",
        content=body,
        headers={"content-type": "application/json"},
    )
    assert answer.status_code == 400


@pytest.mark.parametrize("text", ["\ud800", "\x00", "\U0001f0a1", "'); DROP TABLE feedback; --"])
async def test_any_text_can_be_a_comment(
    ehr: EHR, settings: Settings, card: Json, text: str
) -> None:
    """Odd characters are stored, or refused as no JSON; they break nothing."""
    answer = await send(ehr, overridden(card, overrideReason={"userComment": text}))
    assert (answer.status_code, len(stored(settings))) in ((200, 1), (400, 0))
