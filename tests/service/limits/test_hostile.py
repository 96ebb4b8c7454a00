"""Bodies made to break a server: each gets the 4xx it should, and says nothing to the log."""

import json
import logging
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.ehr import EHR, FHIR_BASE, TOKEN, Json, allergy, bundle, draft, order_sign
from tests.service.limits.wire import CALL
from tests.strategies import as_json, odd_bodies

NONE: Json = {"allergies": None, "medications": None}
GIVEN: Json = {"allergies": bundle(allergy()), "medications": None}
ORDER = order_sign(draft(), prefetch=GIVEN)
TEXT = as_json(ORDER)
JSON = {"content-type": "application/json"}
SECRET = "Wilhelmine"  # a name planted in what is sent


def nested(depth: int, inner: bytes = b"1") -> bytes:
    """A value within so many arrays."""
    return b"[" * depth + inner + b"]" * depth


def placed(where: str, value: bytes) -> bytes:
    """An order with a value as it stands at a place of the request."""
    told: dict[str, Any] = {
        "envelope": {"unknown": "PLACE"},
        "extension": {"extension": "PLACE"},
        "authorization": {"fhirAuthorization": {"access_token": TOKEN, "expires_in": "PLACE"}},
        "prefetch": {"prefetch": {**GIVEN, "other": "PLACE"}},
        "ours": {"prefetch": {**NONE, "allergies": "PLACE"}},
        "entry": {"prefetch": {**NONE, "allergies": bundle(allergy(note="PLACE"))}},
        "bundle": {"prefetch": {**NONE, "allergies": bundle(bundle(allergy(), x="PLACE"))}},
    }
    order = draft(extra="PLACE" if where == "draft" else None)
    request = order_sign(order, **{"prefetch": GIVEN} | told.get(where, {}))
    if where == "context":
        request["context"]["extra"] = "PLACE"
    return as_json(request).replace(b'"PLACE"', value)


PLACES = [
    *("draft", "context", "envelope", "extension", "authorization"),
    *("prefetch", "ours", "entry", "bundle"),
]


@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize("depth", [50, 100, 500, 900, 1000, 100_000])
async def test_depth(ehr: EHR, where: str, depth: int) -> None:
    """However deep a value is and wherever it stands, the answer is cards or says what is wrong."""
    answer = await ehr.client.post(CALL, content=placed(where, nested(depth)), headers=JSON)
    assert answer.status_code in (200, 400)
    if depth >= 1000 or (depth >= 100 and where in ("draft", "context")):
        assert answer.status_code == 400
        assert "Expected JSON of at most 64 levels." in answer.text
    if depth == 50:
        assert answer.status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        TEXT + b"x",
        TEXT + TEXT,
        TEXT.replace(b'"p1"', b"NaN"),
        TEXT.replace(b'"p1"', b"Infinity"),
        TEXT.replace(b'"p1"', b"1" + b"0" * 400),
        TEXT.replace(b'"p1"', b"9" * 5000),
        TEXT.replace(b'"p1"', b"1e400"),
        TEXT.replace(b'"p1"', b'"\\ud800"'),
        TEXT.replace(b'"p1"', b'"\xff"'),
        TEXT.replace(b'"p1"', b'"\xed\xa0\x80"'),
        TEXT.replace(b'"p1"', b'"\x00"'),
        TEXT.replace(b'"p1"', b"'p1'"),
        TEXT.replace(b"{", b"{/* */", 1),
        TEXT.decode().encode("utf-16"),
        TEXT.decode().encode("utf-16-le"),
        TEXT.decode().encode("utf-32"),
        b"\xff\xfe" + TEXT,
        b"9" * 5000,
        b"-",
        b"[]",
        b"null",
        nested(100_000),
    ],
    ids=lambda body: repr(body[:12]) + repr(body[-8:]),
)
async def test_bodies_that_are_no_request(ehr: EHR, body: bytes) -> None:
    """What is not JSON in UTF-8, or not a request, is 400 with an OperationOutcome."""
    for path in (CALL, f"{CALL}/feedback"):
        answer = await ehr.client.post(path, content=body, headers=JSON)
        assert answer.status_code == 400, path
        assert answer.json()["resourceType"] == "OperationOutcome"


NUMBERS = [b"1" + b"0" * 400, b"9" * 5000, b"1e400", b"-0", b"1e-999999999", b"0." + b"1" * 9000]


@pytest.mark.parametrize("number", NUMBERS, ids=lambda n: repr(n[:4]) + str(len(n)))
@pytest.mark.parametrize("where", PLACES)
async def test_numbers_without_measure(ehr: EHR, where: str, number: bytes) -> None:
    """A number of any size, anywhere, is taken or refused; it breaks nothing."""
    answer = await ehr.client.post(CALL, content=placed(where, number), headers=JSON)
    assert answer.status_code in (200, 400, 412)
    assert "itself failed" not in answer.text


async def test_a_byte_order_mark_is_passed_over(ehr: EHR) -> None:
    """UTF-8 with a mark before it, as .NET writes it, is read."""
    answer = await ehr.client.post(CALL, content=b"\xef\xbb\xbf" + TEXT, headers=JSON)
    assert answer.status_code == 200
    assert len(answer.json()["cards"]) == 1


@pytest.mark.parametrize("packing", ["gzip", "deflate", "br", "identity, gzip"])
async def test_a_packed_body_is_refused(ehr: EHR, packing: str) -> None:
    """Content-Encoding is 415, and the answer says which encoding is taken."""
    headers = JSON | {"content-encoding": packing}
    answer = await ehr.client.post(CALL, content=TEXT, headers=headers)
    assert (answer.status_code, answer.headers["accept-encoding"]) == (415, "identity")


def many(count: int, hook: str = "order-sign") -> Json:
    """An order-select with so many drafts."""
    return order_sign(*(draft(id=f"d{i}") for i in range(count)), hook=hook, prefetch=NONE)


def selecting(count: int) -> Json:
    """An order-select with so many selections."""
    request = many(1, "order-select")
    request["context"]["selections"] = [f"MedicationRequest/d{i}" for i in range(count)]
    return request


def telling(count: int) -> Json:
    """So many pieces of feedback."""
    piece = {"outcome": "overridden", "outcomeTimestamp": "2026-01-01T00:00:00Z"}
    return {"feedback": [piece | {"card": f"c{i}"} for i in range(count)]}


def keyed(count: int) -> Json:
    """So many prefetch keys."""
    return order_sign(draft(), prefetch=NONE | {f"k{i}": {} for i in range(count - 2)})


@pytest.mark.parametrize(
    ("path", "make", "what", "where"),
    [
        (CALL, many, "draft orders", "context.draftOrders.entry"),
        (CALL, selecting, "selections", "context.selections"),
        (CALL, keyed, "prefetch keys", "prefetch"),
        (f"{CALL}/feedback", telling, "pieces of feedback", "feedback"),
    ],
)
async def test_more_items_than_are_taken(
    ehr: EHR, path: str, make: Any, what: str, where: str
) -> None:
    """1,000 of anything are taken; one more is 413, which says how many came, and where."""
    assert (await ehr.client.post(path, json=make(1000))).status_code in (200, 422)
    answer = await ehr.client.post(path, json=make(1001))
    assert answer.status_code == 413
    (issue,) = answer.json()["issue"]
    assert issue["details"]["text"] == f"Expected at most 1000 {what}, got 1001."
    assert issue["expression"] == [where]


async def test_a_large_chart_is_taken(ehr: EHR) -> None:
    """5,000 allergies and 3,000 medications in one call are read to the last."""
    last = allergy(id="last")
    grass = {"text": "Grass pollen"}
    allergies = [*(allergy(grass, id=f"a{i}") for i in range(4999)), last]
    taken = [draft(id=f"m{i}", status="active") for i in range(3000)]
    prefetch = {"allergies": bundle(*allergies), "medications": bundle(*taken)}
    answer = await ehr.sign(draft(), prefetch=prefetch)
    (card,) = answer.json()["cards"]
    assert card["indicator"] == "critical"


async def test_a_list_beyond_measure_is_not_taken_for_whole(ehr: EHR) -> None:
    """Of more than 10,000 entries the first are used, and the card says that there are more."""
    entry = allergy({"text": "Grass pollen"})
    listed = bundle(*({**entry, "id": f"a{i}"} for i in range(10_001)))
    answer = await ehr.sign(draft(), prefetch={"allergies": listed, "medications": None})
    assert answer.status_code == 200
    assert "Not checked: the rest of the allergy list" in answer.text


async def test_more_values_than_are_taken(ehr: EHR) -> None:
    """A body that would be many times its size in memory is 413 before anything of it is made."""
    request = order_sign(draft(), prefetch={"allergies": "PLACE"})
    body = as_json(request).replace(b'"PLACE"', b"[" + b"[]," * 500_000 + b"[]]")
    answer = await ehr.client.post(CALL, content=body, headers=JSON)
    assert answer.status_code == 413
    assert "at most 1000000 JSON values" in answer.text


@pytest.mark.parametrize("name", ["patientId", "userId", "draftOrders"])
async def test_a_context_that_says_something_twice(ehr: EHR, name: str) -> None:
    """Two patients, users or Bundles in one context are refused, whichever comes first."""
    twice = TEXT.replace(b'"context": {', f'"context": {{"{name}": "p2", '.encode())
    assert twice != TEXT
    answer = await ehr.client.post(CALL, content=twice, headers=JSON)
    assert answer.status_code == 400


async def test_a_member_by_an_escaped_name_is_seen(ehr: EHR) -> None:
    """A second patient under a name with an escape in it is found, and its place is told."""
    twice = TEXT.replace(b'"patientId": "p1"', b'"patient\\u0049d": "p2", "patientId": "p1"')
    answer = await ehr.client.post(CALL, content=twice, headers=JSON)
    (issue,) = answer.json()["issue"]
    assert issue["expression"] == ["context.patientId"]
    assert issue["details"]["text"] == "Expected each member of the context once."


async def test_the_name_of_a_member_may_be_a_value(ehr: EHR) -> None:
    """A member's name that appears elsewhere in the context is no second member."""
    note = [{"text": "patientId", "patientId": "x", "number": 10**400}]
    answer = await ehr.sign(draft(note=note), prefetch=GIVEN)
    assert answer.status_code == 200


async def test_the_last_of_two_fhir_servers_is_the_one_that_is_judged(ehr: EHR) -> None:
    """Of an envelope's member that comes twice the last counts: an allowed one hides no other."""
    body = as_json(order_sign(draft())).replace(
        b'"context"', b'"fhirServer": "https://evil.test/fhir", "context"', 1
    )
    answer = await ehr.client.post(CALL, content=body, headers=JSON)
    assert answer.status_code == 412
    assert "fhir-server-not-allowed" in answer.text
    assert ehr.fhir.requests == []


anything = hypothesis_settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def bodies() -> st.SearchStrategy[bytes]:
    """Any bytes, odd JSON, and good requests with a few bytes changed."""
    named = as_json(order_sign(draft(note=SECRET), prefetch=GIVEN))
    cuts = st.tuples(st.integers(0, len(named)), st.integers(0, 30), st.binary(max_size=8))
    bent = cuts.map(lambda cut: named[: cut[0]] + cut[2] + named[cut[0] + cut[1] :])
    return st.binary(max_size=200) | odd_bodies() | bent


@anything
@given(
    body=bodies(), path=st.sampled_from([CALL, "/cds-services/chart-review", f"{CALL}/feedback"])
)
async def test_any_bytes_at_all(
    ehr: EHR, caplog: pytest.LogCaptureFixture, body: bytes, path: str
) -> None:
    """Whatever the body, the answer is 200, 412 or what is wrong, and the log holds none of it."""
    caplog.clear()
    with caplog.at_level(logging.DEBUG, "cardwise"):
        answer = await ehr.client.post(path, content=body, headers=JSON)
    assert answer.status_code in (200, 400, 412, 413)
    ours = "\n".join(r.getMessage() for r in caplog.records if r.name.startswith("cardwise"))
    for word in (SECRET, TOKEN, FHIR_BASE, "amoxicillin", "unexpected"):
        assert word not in ours
    assert json.loads(answer.content or b"{}").get("resourceType") in (None, "OperationOutcome")
