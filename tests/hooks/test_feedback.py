"""Feedback: read as leniently as vendors send it, refused without repeating anything."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hooks.errors import MalformedRequest, Problem
from hooks.feedback import Feedback, read_feedback
from tests.strategies import Json, as_json, json_values, odd_bodies, quick

REASON = {"code": "contraindicated", "system": "urn:reasons", "display": "Contraindicated"}
ACCEPTED = {
    "card": "c1",
    "outcome": "accepted",
    "acceptedSuggestions": [{"id": "s1"}],
    "outcomeTimestamp": "2026-11-21T10:05:31Z",
}
OVERRIDDEN = {"card": "c1", "outcome": "overridden", "outcomeTimestamp": "2026-11-21T10:05:31Z"}
SECRET = "Zanzibar"


def read(*pieces: Json) -> tuple[Feedback, ...]:
    """Read some pieces of feedback as they would arrive."""
    return read_feedback(as_json({"feedback": pieces}))


def attempt(body: bytes) -> tuple[Feedback, ...] | MalformedRequest:
    """What a body is read as, or the one exception that may be raised for it."""
    try:
        return read_feedback(body)
    except MalformedRequest as refused:
        return refused


def refusal(body: bytes) -> tuple[Problem, ...]:
    """What a body is refused for."""
    with pytest.raises(MalformedRequest) as caught:
        read_feedback(body)
    return caught.value.problems


def test_accepted() -> None:
    """An accepted suggestion names its card, itself and the moment."""
    (found,) = read(ACCEPTED)
    assert (found.card, found.outcome) == ("c1", "accepted")
    assert [suggestion.id for suggestion in found.acceptedSuggestions] == ["s1"]
    assert found.at == datetime(2026, 11, 21, 10, 5, 31, tzinfo=UTC)
    assert found.overrideReason is None


@pytest.mark.parametrize("name", ["overrideReason", "overrideReasons"])
def test_overridden_with_a_reason(name: str) -> None:
    """The reason, comment and vendor's extension are read under the standard's name or Epic's."""
    why = {"reason": REASON, "userComment": "Tolerated before", "extension": {"epic": {"id": "1"}}}
    (found,) = read(OVERRIDDEN | {name: why})
    assert found.overrideReason is not None
    assert found.overrideReason.reason is not None
    assert found.overrideReason.reason.model_dump() == REASON
    assert found.overrideReason.userComment == "Tolerated before"
    assert found.overrideReason.extension == {"epic": {"id": "1"}}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"overrideReason": None},
        {"overrideReason": {}},
        {"overrideReason": {"userComment": "x"}},
        {"overrideReason": {"reason": {"code": "1"}}},
        {"overrideReason": {"reason": None, "userComment": None, "extension": None}},
        {"acceptedSuggestions": []},
        {"acceptedSuggestions": None},
        {"unknown": {"a": 1}},
    ],
)
def test_what_vendors_leave_out_or_add(changes: Json) -> None:
    """An override needs no reason, a reason no display, and an absent member may be null."""
    (found,) = read(OVERRIDDEN | changes)
    assert found.outcome == "overridden"
    assert found.acceptedSuggestions == ()


def test_a_batch_keeps_its_order() -> None:
    """Many pieces of feedback, also several for one card, are read in the order sent."""
    found = read(*(OVERRIDDEN | {"card": f"c{n % 20}"} for n in range(50)))
    assert [piece.card for piece in found] == [f"c{n % 20}" for n in range(50)]


@pytest.mark.parametrize(
    ("sent", "at"),
    [
        ("2026-11-21T10:05:31.5Z", datetime(2026, 11, 21, 10, 5, 31, 500_000, UTC)),
        ("2026-11-21T12:05:31+02:00", datetime(2026, 11, 21, 10, 5, 31, tzinfo=UTC)),
        ("2026-11-21T10:05:31", datetime(2026, 11, 21, 10, 5, 31, tzinfo=UTC)),
    ],
)
def test_moments(sent: str, at: datetime) -> None:
    """A moment is read in any zone; without one it is UTC, as the standard has it."""
    (found,) = read(OVERRIDDEN | {"outcomeTimestamp": sent})
    assert found.at == at
    assert found.at.utcoffset() is not None


def test_a_moment_without_a_zone_is_not_local(monkeypatch: pytest.MonkeyPatch) -> None:
    """A moment without a zone is UTC, also on a machine that lives elsewhere."""
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        (found,) = read(OVERRIDDEN | {"outcomeTimestamp": "2026-11-21T10:05:31"})
        assert found.at == datetime(2026, 11, 21, 10, 5, 31, tzinfo=UTC)
    time.tzset()


@given(st.datetimes(), st.integers(-14 * 60, 14 * 60))
@quick
def test_any_moment_is_read(moment: datetime, minutes: int) -> None:
    """Each moment comes back as it was sent, whatever its zone."""
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    sent = f"{moment.isoformat()}{sign}{hours:02}:{rest:02}"
    (found,) = read(OVERRIDDEN | {"outcomeTimestamp": sent})
    assert found.at.replace(tzinfo=None) == moment
    assert found.at.utcoffset() == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("piece", "where"),
    [
        ({"card": None}, "feedback[0].card"),
        ({"card": ""}, "feedback[0].card"),
        ({"outcome": "ignored"}, "feedback[0].outcome"),
        ({"outcomeTimestamp": "yesterday"}, "feedback[0].outcomeTimestamp"),
        ({"acceptedSuggestions": [{"id": ""}]}, "feedback[0].acceptedSuggestions[0].id"),
        ({"acceptedSuggestions": []}, "feedback[0]"),
        ({"acceptedSuggestions": None}, "feedback[0]"),
    ],
)
def test_refusals_name_the_place(piece: Json, where: str) -> None:
    """A wrong member is named by its path."""
    (problem,) = refusal(as_json({"feedback": [ACCEPTED | piece]}))
    assert problem.where == where


def test_every_fault_is_named() -> None:
    """All that is wrong with a batch is said at once."""
    batch = [ACCEPTED, ACCEPTED | {"card": ""}, {"card": "c"}]
    places = [problem.where for problem in refusal(as_json({"feedback": batch}))]
    assert places == ["feedback[1].card", "feedback[2].outcome", "feedback[2].outcomeTimestamp"]


def test_an_empty_list_is_named() -> None:
    """A body that reports on no card is refused for just that."""
    (problem,) = refusal(b'{"feedback": []}')
    assert problem.where == "feedback"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"{}", b'{"feedback": []}', b'{"feedback": {}}', b"\xff"]
)
def test_what_is_no_feedback_is_refused(body: bytes) -> None:
    """A body without any feedback is refused."""
    assert refusal(body)


@given(odd_bodies())
@quick
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    """Whatever is POSTed, the outcome is feedback or `MalformedRequest`, and nothing else."""
    found = attempt(body)
    assert found.problems if isinstance(found, MalformedRequest) else found


def _secretive(value: Any) -> Any:
    if isinstance(value, dict):
        return {f"{SECRET}{name}": _secretive(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_secretive(inner) for inner in value]
    return f"{SECRET} {value}" if isinstance(value, str) else value


@given(st.dictionaries(st.sampled_from([*ACCEPTED, "overrideReason"]), json_values(), max_size=4))
@quick
def test_no_value_of_the_input_is_repeated(changes: Json) -> None:
    """However feedback is bent, no text or name that was sent gets into a problem."""
    bent = ACCEPTED | {name: _secretive(value) for name, value in changes.items()}
    found = attempt(as_json({"feedback": [bent]}))
    if isinstance(found, MalformedRequest):
        assert SECRET not in f"{found} {found.problems!r}"
