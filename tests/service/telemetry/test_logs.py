"""The log: a line an event, as JSON or text, whose words are ours alone."""

import json
import logging
from io import StringIO
from typing import Any

import pytest

from tests.callers import Caller
from tests.door import Door
from tests.ehr import EHR, allergy, bundle, draft

NAME = "Jane Example"


def lines(written: StringIO) -> list[dict[str, Any]]:
    """The lines, read."""
    return [json.loads(line) for line in written.getvalue().splitlines()]


async def test_a_call_is_one_line(written: StringIO, ehr: EHR) -> None:
    """With who, what, how it ended, and what became of rules and data."""
    answer = await ehr.sign(draft(), prefetch={"allergies": bundle(allergy())})
    (line,) = lines(written)
    assert line.pop("time").startswith("20")
    assert 0 < line.pop("ms") < 10_000
    assert line == {
        "level": "INFO",
        "logger": "cardwise.requests",
        "message": "answered",
        "request_id": answer.headers["x-request-id"],
        "method": "POST",
        "route": "/cds-services/{service_id}",
        "status": 200,
        "tenant": "",
        "service": "order-safety",
        "hook": "order-sign",
        "hook_instance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "cards": 1,
        "ran": ["drug-allergy"],
        "failed": [],
        "blocked": [],
        "data": {"allergies": "given"},
    }


async def test_text_says_the_same(as_text: StringIO, ehr: EHR) -> None:
    """In a line for people."""
    await ehr.sign(draft(), fhirServer=None)
    (line,) = as_text.getvalue().splitlines()
    for part in (
        " INFO cardwise.requests answered request_id=",
        " method=POST route=/cds-services/{service_id} status=412 ",
        " blocked=drug-allergy data=allergies:no-fhir-server",
    ):
        assert part in line


async def test_a_read_that_failed_is_a_line_of_the_same_request(
    written: StringIO, ehr: EHR
) -> None:
    """With the server and the reason; both lines carry the request's id."""
    answer = await ehr.sign(draft(), fhirAuthorization={"access_token": "wrong"})
    *reads, call = lines(written)
    assert call["message"] == "answered"
    for read in reads:
        assert (read["message"], read["server"]) == ("FHIR read failed", "https://ehr.test")
        assert (read["reason"], read["status"]) == ("unauthorized", 401)
        assert read["request_id"] == call["request_id"] == answer.headers["x-request-id"]
    assert reads


async def test_an_error_tells_what_kind_of_problem(written: StringIO, ehr: EHR) -> None:
    """By the codes that the caller was told, and no more of the request."""
    await ehr.call("order-safety", {"hook": "order-sign"})
    (line,) = lines(written)
    assert (line["status"], line["problems"]) == (400, ["required"])


async def test_the_tenant_is_named(written: StringIO, door: Door, caller: Caller) -> None:
    """On the line of its call; a refused call has none."""
    await door.knock(caller.bearer())
    await door.knock()
    taken, refused, answered = lines(written)
    assert (taken["tenant"], refused["message"]) == ("mercy", "refused a call (invoke): missing")
    assert (answered["tenant"], answered["status"]) == ("", 401)


async def test_probes_are_not_logged(written: StringIO, ehr: EHR) -> None:
    """What asks every few seconds would drown the rest."""
    for path in ("/healthz", "/readyz", "/metrics"):
        await ehr.client.get(path)
    assert not written.getvalue()


@pytest.mark.parametrize("name", ["asyncio", "httpx", "hpack.hpack", "opentelemetry.sdk", "any"])
def test_the_words_of_libraries_are_left_out(written: StringIO, name: str) -> None:
    """Their warnings are there, by logger and place, with the kind of exception; no words."""
    try:
        dict[str, str]()[NAME]
    except KeyError:
        logging.getLogger(name).exception("could not read %s", NAME)
    (line,) = lines(written)
    assert (line["logger"], line["error"]) == (name, "KeyError")
    assert line["message"].startswith("a message of a library at test_logs:")
    assert line["at"].startswith("test_logs.py:")
    assert "Jane" not in written.getvalue()


@pytest.mark.parametrize("name", ["httpx", "httpcore.http2", "uvicorn.error", "uvicorn.access"])
def test_libraries_do_not_chatter(written: StringIO, name: str) -> None:
    """What they say below a warning, which is where URLs and headers are, is not written."""
    logging.getLogger(name).info("GET https://ehr.test/Patient/%s", NAME)
    logging.getLogger(name).debug("authorization: %s", NAME)
    assert not written.getvalue()


def test_the_access_log_stays_off(written: StringIO) -> None:
    """It quotes paths; ours quotes routes."""
    logging.getLogger("uvicorn.access").warning("GET /cds-services/%s", NAME)
    assert not written.getvalue()


def test_text_of_an_exception_is_left_out_of_text(as_text: StringIO) -> None:
    """As in JSON: its kind and place alone."""
    try:
        int(NAME)
    except ValueError:
        logging.getLogger("cardwise.any").exception("broke")
    assert "error=ValueError at=test_logs.py:" in as_text.getvalue()
    assert "Jane" not in as_text.getvalue()
    assert len(as_text.getvalue().splitlines()) == 1
