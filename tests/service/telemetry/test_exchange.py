"""Request ids: the caller's where it can hold no words, and ours otherwise."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.telemetry.exchange import begin, is_opaque, opaque, trace_id
from tests.ehr import EHR, draft

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
OURS = "0123456789abcdef0123456789abcdef"


def started(**headers: str) -> Any:
    """The exchange of a request with these headers, written with underscores."""
    sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return begin(sent, {})


@given(st.uuids(version=4))
def test_a_uuid_is_taken(uuid: UUID) -> None:
    """A caller's UUID is the request's id, with dashes or without, in either case."""
    for text in (str(uuid), uuid.hex, str(uuid).upper()):
        assert started(x_request_id=text).id == text


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "jane-example",
        "SmFuZSBFeGFtcGxl",
        "4711-0815",
        "00000000-0000-4000-8000-471108150000",
        "00000000000000000000000047110815",
        f"{OURS} Jane",
        f"{OURS}\u0661",
        "d1577c69-dfbe-94ad-ba6d-3e05e953b2ea",
        OURS * 2,
    ],
)
def test_what_may_hold_words_is_not_taken(sent: str) -> None:
    """Names, numbers and free text are replaced by an id of ours, which is opaque itself."""
    made = started(x_request_id=sent).id
    assert made != sent
    assert is_opaque(made)


@given(st.text(max_size=70))
def test_whatever_is_sent_the_id_is_opaque(text: str) -> None:
    """No text gets through as an id, and none breaks the request."""
    assert is_opaque(started(x_request_id=text, traceparent=text).id)


def test_two_ids_are_none() -> None:
    """A header that comes twice, such as one that was smuggled, counts as absent."""
    twice = [(b"x-request-id", OURS.encode()), (b"x-request-id", str(uuid4()).encode())]
    assert begin(twice, {}).id not in {value.decode() for _, value in twice}


def test_a_trace_names_the_request() -> None:
    """Without an id, the trace's id is the request's; with one, both are kept."""
    assert started(traceparent=PARENT).id == TRACE
    both = started(traceparent=PARENT, x_request_id=OURS)
    assert (both.id, trace_id(both.traceparent)) == (OURS, TRACE)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (PARENT, PARENT),
        (PARENT.replace("00-", "cc-", 1) + "-jane", PARENT),
        (PARENT.replace("00-", "ff-", 1), ""),
        (PARENT.upper(), ""),
        (PARENT.replace(TRACE, "0" * 32), ""),
        (PARENT.replace("00f067aa0ba902b7", "0" * 16), ""),
        (PARENT.replace(TRACE, "47110815" * 4), ""),
        (PARENT[:-1], ""),
        ("jane", ""),
    ],
)
def test_a_trace_context_is_taken_as_the_standard_has_it(sent: str, kept: str) -> None:
    """Well-formed ones are; what later versions append is dropped, since it may be any text."""
    assert started(traceparent=sent).traceparent == kept


def test_a_digest_stands_for_what_is_no_uuid() -> None:
    """A hookInstance of words is told apart from others, and cannot be read."""
    uuid = str(uuid4())
    assert opaque(uuid) == uuid
    assert opaque("Jane Example") == opaque("Jane Example") != opaque("Joan Example")
    assert "Jane" not in opaque("Jane Example")
    assert opaque("\ud800")


def test_the_rest_of_the_service_is_told_the_id() -> None:
    """In the request's own state, where a record of the call finds it."""
    state: dict[str, Any] = {}
    assert begin([(b"x-request-id", OURS.encode())], state).id == OURS == state["request_id"]


async def test_the_answer_carries_the_id(ehr: EHR) -> None:
    """On answers, errors and preflights alike, and browsers may read it."""
    headers = {"X-Request-ID": OURS, "Origin": "https://browser.test"}
    for path in ("/healthz", "/nothing", "/cds-services"):
        answer = await ehr.client.get(path, headers=headers)
        assert answer.headers["x-request-id"] == OURS
        assert "X-Request-ID" in answer.headers["access-control-expose-headers"]
    asks = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "traceparent",
    }
    assert (await ehr.client.options("/cds-services", headers=headers | asks)).status_code == 200
    ids = {(await ehr.sign(draft())).headers["x-request-id"] for _ in range(3)}
    assert len(ids) == 3


async def test_an_error_tells_the_id(ehr: EHR) -> None:
    """Each issue of an OperationOutcome says which request it was, for support."""
    answer = await ehr.client.post(
        "/cds-services/order-safety", content=b"{", headers={"X-Request-ID": OURS}
    )
    assert answer.status_code == 400
    assert [i["diagnostics"] for i in answer.json()["issue"]] == [f"Request {OURS}"]
