"""Feedback in the database: joined to the card it is about, for the caller who was shown it."""

from typing import Any

import httpx
import pytest

from service.store.tables import FEEDBACK
from tests.callers import FEEDBACK as PATH
from tests.callers import SERVICE, Caller, Clock
from tests.door import Door, opened
from tests.ehr import EHR, RULES, allergy, draft
from tests.service.store.kept import rows

RULE = next(rule for rule in RULES if rule.id == "drug-allergy")

AT = "2026-11-20T10:05:31Z"
NORTH = {"iss": "https://shared.test", "tenant": "north"}
SHARED = {"jku": "https://shared.test/keys"}


async def given(door: Door, clock: Clock, **changes: Any) -> str:
    """The uuid of a card that was just given to `mercy`."""
    answer = await door.knock(Caller(clock).bearer(), **changes)
    found: str = answer.json()["cards"][0]["uuid"]
    return found


async def tell(
    door: Door, headers: Any, *cards: str, path: str = PATH, comment: str = "no"
) -> httpx.Response:
    """Send feedback that cards were overridden."""
    items = [
        {
            "card": card,
            "outcome": "overridden",
            "overrideReason": {"userComment": comment},
            "outcomeTimestamp": AT,
        }
        for card in cards
    ]
    answer: httpx.Response = await door.client.post(path, json={"feedback": items}, headers=headers)
    return answer


async def test_it_is_joined_to_its_card(door: Door, clock: Clock, database: str) -> None:
    """The rule with its version, the tenant and the call are stored with the feedback."""
    card = await given(door, clock, hookInstance="visit-7")
    assert (await tell(door, Caller(clock, PATH).bearer(), card)).status_code == 200
    (row,) = rows(database, FEEDBACK)
    assert (row["card"], row["tenant"], row["service"]) == (card, "mercy", "order-safety")
    assert (row["rule"], row["rule_version"]) == ("drug-allergy", RULE.version)
    assert row["hook_instance"] == "visit-7"
    assert (row["outcome"], row["comment"]) == ("overridden", "no")
    assert row["acted_at"].isoformat() == "2026-11-20T10:05:31+00:00"
    assert row["received_at"] == clock()


async def test_a_repeated_call_gives_cards_that_can_be_told_of(
    door: Door, clock: Clock, database: str
) -> None:
    """The same call again gives the same ids; feedback counts once, however often it comes."""
    first, again = await given(door, clock), await given(door, clock)
    assert first == again
    for _ in range(3):
        assert (await tell(door, Caller(clock, PATH).bearer(), first)).status_code == 200
    assert len(rows(database, FEEDBACK)) == 1


async def test_a_card_of_another_tenant_is_unknown(door: Door, clock: Clock, database: str) -> None:
    """Who has learned of a card's id can say nothing about it, and learns nothing of it."""
    door.keys.sets[SHARED["jku"]] = next(iter(door.keys.sets.values()))
    card = await given(door, clock)
    north = Caller(clock, PATH).bearer(SHARED, **NORTH)
    foreign = await tell(door, north, card)
    never = await tell(door, Caller(clock, PATH).bearer(SHARED, **NORTH), "no-such-card")
    assert (foreign.status_code, never.status_code) == (422, 422)
    (one,), (other,) = foreign.json()["issue"], never.json()["issue"]
    assert one.pop("diagnostics") != other.pop("diagnostics")  # each names its own request
    assert one == other
    assert rows(database, FEEDBACK) == []


async def test_a_card_of_another_service_is_unknown(
    door: Door, clock: Clock, database: str
) -> None:
    """Feedback goes to the service that gave the card."""
    card = await given(door, clock)
    path = PATH.replace("order-safety", "chart-review")
    answer = await tell(door, Caller(clock, path).bearer(), card, path=path)
    assert answer.status_code == 422
    assert rows(database, FEEDBACK) == []


async def test_a_card_in_shadow_is_unknown(tmp_path: Any, clock: Clock, door: Door) -> None:
    """What was not shown cannot have been acted upon."""
    card = await given(door, clock, hookInstance="shadowed")
    shadow = door.config.read_text() + '\n[tenants.mercy.rules]\ndrug-allergy = "shadow"\n'
    fresh = str(tmp_path / "other.sqlite")
    async with opened(tmp_path, clock, shadow, database=fresh) as other:
        answer = await other.knock(Caller(clock).bearer(), hookInstance="shadowed")
        assert answer.json() == {"cards": []}
        assert (await tell(other, Caller(clock, PATH).bearer(), card)).status_code == 422
    assert rows(fresh, FEEDBACK) == []


async def test_another_process_knows_the_card(
    tmp_path: Any, door: Door, clock: Clock, database: str
) -> None:
    """Once a call's row is committed, feedback may go to another process with the database."""
    card = await given(door, clock)
    assert await door.app.state.cardwise.store.ready()
    folder = tmp_path / "another"
    folder.mkdir()
    async with opened(folder, clock, database=database) as other:
        assert (await tell(other, Caller(clock, PATH).bearer(), card)).status_code == 200
    assert len(rows(database, FEEDBACK)) == 1


async def test_cards_of_many_calls_at_once(door: Door, clock: Clock, database: str) -> None:
    """One request may be about cards of many calls, and name one of them twice."""
    cards = [await given(door, clock, hookInstance=f"visit-{n}") for n in range(20)]
    answer = await tell(door, Caller(clock, PATH).bearer(), *cards, cards[0])
    assert answer.status_code == 200
    found = rows(database, FEEDBACK)
    assert {row["card"] for row in found} == set(cards)
    assert {row["hook_instance"] for row in found} == {f"visit-{n}" for n in range(20)}
    assert len(found) == 20


async def test_more_items_than_a_query_takes(door: Door, clock: Clock, database: str) -> None:
    """As many pieces as one body may have are looked up all the same."""
    card = await given(door, clock)
    others = (f"none-{n}" for n in range(999))
    answer = await tell(door, Caller(clock, PATH).bearer(), card, *others)
    assert answer.status_code == 422
    assert len(answer.json()["issue"]) == 999
    assert [row["card"] for row in rows(database, FEEDBACK)] == [card]


@pytest.mark.parametrize("text", ["\x00", "a\x00b", "\U0001f0a1", "\\", "'; --", "%s %(x)s :x"])
async def test_any_text_is_stored(door: Door, clock: Clock, database: str, text: str) -> None:
    """Odd texts are stored as they are; NUL, which PostgreSQL cannot have, is replaced."""
    card = await given(door, clock, hookInstance=text)
    answer = await tell(door, Caller(clock, PATH).bearer(), card, comment=text)
    assert answer.status_code == 200
    (row,) = rows(database, FEEDBACK)
    assert row["comment"] == row["hook_instance"] == text.replace("\x00", "\ufffd")


async def test_a_card_about_what_was_not_checked(ehr: EHR, database: str) -> None:
    """It has no rule; who speaks on it is kept in its place."""
    ehr.fhir.load(allergy({"text": "something odd"}))
    (card,) = (await ehr.sign(draft())).json()["cards"]
    item = {"card": card["uuid"], "outcome": "overridden", "outcomeTimestamp": AT}
    answer = await ehr.client.post(f"{SERVICE}/feedback", json={"feedback": [item]})
    assert answer.status_code == 200
    assert [row["rule"] for row in rows(database, FEEDBACK)] == ["not-checked"]
