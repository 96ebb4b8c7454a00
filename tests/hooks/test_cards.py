"""Cards: what the standard allows can be made, the rest cannot, and nothing empty leaves."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hooks.cards import (
    SUMMARY_LIMIT,
    Action,
    Card,
    CardsResponse,
    Coding,
    Link,
    Source,
    Suggestion,
    Topic,
)
from hooks.errors import InvalidAnswer
from tests.ehr import draft
from tests.strategies import Json, json_values, odd_resources, odd_text, quick

SOURCE = Source(label="A guideline", url="https://example.org/g")
DELETE = Action(type="delete", description="Remove it", resourceId="MedicationRequest/1")
REMOVE = Suggestion(label="Remove", uuid="s1", actions=(DELETE,))
REASON = Coding(system="https://example.org/reasons", code="benefit", display="Benefit is greater")


def card(**changes: Any) -> Card:
    """A plain card with some members changed."""
    plain = {"uuid": "c1", "summary": "A fact.", "indicator": "warning", "source": SOURCE}
    return Card(**(plain | changes))


def sent(*cards: Card) -> Json:
    """The answer as the EHR parses it."""
    answer: Json = json.loads(CardsResponse(cards=cards).to_json())
    return answer


def test_no_cards_is_still_an_answer() -> None:
    """`cards` is there when there are none: the sandbox takes `{}` for a failure (SBX-13)."""
    assert CardsResponse().to_json() == b'{"cards":[]}'


def test_a_plain_card_has_only_what_was_said() -> None:
    """Members that were not given are not in the answer."""
    assert sent(card()) == {
        "cards": [
            {
                "uuid": "c1",
                "summary": "A fact.",
                "indicator": "warning",
                "source": {"label": "A guideline", "url": "https://example.org/g"},
            }
        ]
    }


def test_a_full_card_says_everything() -> None:
    """Every member arrives under the standard's name, with false kept and order kept."""
    full = card(
        detail="Why.",
        source=Source(label="G", topic=Topic(system="urn:t", code="t1")),
        suggestions=(REMOVE, Suggestion(label="Keep", uuid="s2", isRecommended=False)),
        selectionBehavior="at-most-one",
        overrideReasons=(REASON,),
        links=(
            Link(label="Page", url="https://example.org/p"),
            Link(label="App", url="https://example.org/a", type="smart", appContext="{}"),
        ),
    )
    (found,) = sent(full)["cards"]
    assert found["source"] == {"label": "G", "topic": {"system": "urn:t", "code": "t1"}}
    assert found["suggestions"] == [
        {
            "label": "Remove",
            "uuid": "s1",
            "actions": [
                {
                    "type": "delete",
                    "description": "Remove it",
                    "resourceId": "MedicationRequest/1",
                }
            ],
        },
        {"label": "Keep", "uuid": "s2", "isRecommended": False},
    ]
    assert found["selectionBehavior"] == "at-most-one"
    assert found["overrideReasons"] == [
        {
            "system": "https://example.org/reasons",
            "code": "benefit",
            "display": "Benefit is greater",
        }
    ]
    assert found["links"] == [
        {"label": "Page", "url": "https://example.org/p", "type": "absolute"},
        {"label": "App", "url": "https://example.org/a", "type": "smart", "appContext": "{}"},
    ]
    assert found["detail"] == "Why."


@pytest.mark.parametrize("length", [1, SUMMARY_LIMIT - 1])
def test_longest_summary(length: int) -> None:
    """A summary of under 140 characters is allowed, spaces around it not counted."""
    assert card(summary=" " + "x" * length + "\n").summary == "x" * length


@pytest.mark.parametrize(
    "changes",
    [
        {"summary": "x" * SUMMARY_LIMIT},
        {"summary": "  "},
        {"summary": None},
        {"uuid": ""},
        {"detail": ""},
        {"indicator": "hard-stop"},
        {"source": None},
        {"suggestions": ()},
        {"overrideReasons": ()},
        {"links": ()},
        {"suggestions": (REMOVE,)},
        {"selectionBehavior": "any"},
        {"suggestions": (REMOVE,), "selectionBehavior": "all"},
        {"overrideReasons": (Coding(system="urn:r", code="1"),)},
        {"unknown": 1},
    ],
)
def test_cards_the_standard_forbids(changes: dict[str, Any]) -> None:
    """A card that breaks the standard cannot be made."""
    with pytest.raises(InvalidAnswer):
        card(**changes)


@pytest.mark.parametrize(
    ("behaviour", "recommended", "allowed"),
    [("at-most-one", 1, True), ("at-most-one", 2, False), ("any", 2, True)],
)
def test_recommended_suggestions(behaviour: str, recommended: int, allowed: bool) -> None:
    """Several suggestions can be recommended only where several can be picked."""
    suggestions = [
        Suggestion(label="Do", uuid=f"s{n}", isRecommended=n < recommended) for n in range(3)
    ]
    if allowed:
        made = card(suggestions=suggestions, selectionBehavior=behaviour)
        assert made.suggestions == tuple(suggestions)
    else:
        with pytest.raises(InvalidAnswer, match="only one"):
            card(suggestions=suggestions, selectionBehavior=behaviour)


@pytest.mark.parametrize(
    "members",
    [
        {"type": "create"},
        {"type": "create", "resource": {}},
        {"type": "update", "resourceId": "MedicationRequest/1"},
        {"type": "delete"},
        {"type": "delete", "resourceId": ""},
        {"type": "delete", "resource": draft()},
        {"type": "delete", "resourceId": "MedicationRequest/1", "resource": draft()},
        {"type": "patch", "resource": draft()},
        {"type": "create", "resource": "MedicationRequest/1"},
        {"type": "create", "resource": draft(), "description": ""},
    ],
)
def test_actions_the_standard_forbids(members: Json) -> None:
    """An action carries exactly what its type needs, and says in words what it does."""
    with pytest.raises(InvalidAnswer):
        Action(**({"description": "Do it"} | members))


@pytest.mark.parametrize("kind", ["create", "update"])
def test_actions_carry_the_whole_resource(kind: str) -> None:
    """A create or update sends the resource as it was given."""
    action = Action(type=kind, description="Do it", resource=draft())
    made = card(
        suggestions=(Suggestion(label="Do", uuid="s", actions=(action,)),), selectionBehavior="any"
    )
    (found,) = sent(made)["cards"][0]["suggestions"][0]["actions"]
    assert found == {"type": kind, "description": "Do it", "resource": draft()}


@pytest.mark.parametrize(
    ("kind", "members"),
    [
        (Link, {"label": "L", "url": "javascript:alert(1)"}),
        (Link, {"label": "L", "url": "https://example.org/a b"}),
        (Link, {"label": "L", "url": "https://example.org/a\n"}),
        (Link, {"label": "L", "url": "/rules/x"}),
        (Link, {"label": "", "url": "https://example.org"}),
        (Link, {"label": "L", "url": "https://example.org", "type": "popup"}),
        (Link, {"label": "L", "url": "https://example.org", "appContext": "x"}),
        (Source, {"label": " "}),
        (Source, {"label": "G", "url": ""}),
        (Topic, {"system": "urn:t", "code": "drug-allergy"}),
        (Topic, {"system": "urn:t", "code": "x" * 101}),
        (Topic, {"system": "urn:t", "code": "x\n"}),
        (Coding, {"system": "", "code": "x"}),
        (Suggestion, {"label": "Do", "uuid": "s", "actions": ()}),
        (Suggestion, {"label": "Do"}),
    ],
)
def test_parts_the_standard_forbids(kind: type[Any], members: Json) -> None:
    """A part that an EHR would drop or misuse cannot be made."""
    with pytest.raises(InvalidAnswer):
        kind(**members)


def test_a_fault_is_named_without_its_value() -> None:
    """The message names the part and the member, and repeats no text of a chart."""
    with pytest.raises(InvalidAnswer) as caught:
        card(summary="Anna Berg " * 20)
    assert str(caught.value).startswith("Card: summary: ")
    assert "Anna" not in str(caught.value)


def test_a_fault_inside_a_part_is_an_invalid_answer_too() -> None:
    """A part given as a plain object is checked like one that was made."""
    with pytest.raises(InvalidAnswer):
        card(source={"label": ""})


def _empties(value: Any) -> list[Any]:
    """Every null, "", [] and {} anywhere below; a list may hold nulls, as FHIR's arrays do."""
    if not isinstance(value, list | dict):
        return []
    members = [*value.values()] if isinstance(value, dict) else value
    allowed = isinstance(value, list)
    here = [each for each in members if each in ("", [], {}) or (each is None and not allowed)]
    return here + [found for inner in members for found in _empties(inner)]


def test_only_empties_are_taken_out_of_a_resource() -> None:
    """False, zero and the nulls that line up FHIR's arrays stay."""
    resource = {
        "resourceType": "MedicationRequest",
        "doNotPerform": False,
        "dispenseRequest": {"numberOfRepeatsAllowed": 0, "quantity": {"unit": None}},
        "instantiatesUri": [None, "urn:x"],
        "_instantiatesUri": [{"id": "a"}, None],
        "note": [{"text": ""}],
    }
    action = Action(type="create", description="Do it", resource=resource)
    assert action.resource == {
        "resourceType": "MedicationRequest",
        "doNotPerform": False,
        "dispenseRequest": {"numberOfRepeatsAllowed": 0},
        "instantiatesUri": [None, "urn:x"],
        "_instantiatesUri": [{"id": "a"}, None],
    }


@given(resource=odd_resources("MedicationRequest"))
@quick
def test_nothing_empty_leaves_with_a_resource(resource: Json) -> None:
    """An EHR's own nulls and empties, copied into an action, are not sent back to it."""
    action = Action(type="create", description="Do it", resource=resource)
    made = card(
        suggestions=(Suggestion(label="Do", uuid="s", actions=(action,)),), selectionBehavior="any"
    )
    answer = sent(made)
    assert _empties(answer) == []
    kept = answer["cards"][0]["suggestions"][0]["actions"][0]["resource"]
    assert kept["resourceType"] == "MedicationRequest"


@given(data=st.data())
@quick
def test_nothing_empty_leaves_with_a_card(data: st.DataObject) -> None:
    """Whatever a card is asked to hold, it is refused or sent without a null or an empty."""
    names = st.sampled_from([*Card.model_fields])
    changes = data.draw(st.dictionaries(names, json_values() | odd_text(), max_size=3))
    try:
        made = card(**changes)
    except InvalidAnswer:
        return
    answer = sent(made)
    assert _empties(answer) == []
    assert len(answer["cards"][0]["summary"]) < SUMMARY_LIMIT
