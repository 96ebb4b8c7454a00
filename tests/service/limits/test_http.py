"""HTTP made to break a server, over a real socket: smuggling, odd addresses, clients that go."""

import logging
import re

import pytest

from tests.ehr import allergy, bundle, draft, order_sign
from tests.service.limits.wire import CALL, Wire, post, status
from tests.strategies import as_json

ORDER = order_sign(draft(), prefetch={"allergies": bundle(allergy()), "medications": None})
TEXT = as_json(ORDER)

SMUGGLED = {
    "both lengths": (post(TEXT, Transfer_Encoding="chunked"), 400),
    "two lengths": (post(TEXT, Content_length="5"), 400),
    "a negative length": (post(TEXT, Content_Length="-5"), 400),
    "a length in words": (post(TEXT, Content_Length="five"), 400),
    "a length of 400 digits": (post(TEXT, Content_Length="9" * 400), 400),
    "a length over the limit": (post(b"", Content_Length="8388609"), 413),
    "a length too short": (post(TEXT, Content_Length=str(len(TEXT) - 9)), 400),
    "an unknown transfer encoding": (
        post(TEXT, Content_Length="", Transfer_Encoding="cow"),
        400,
    ),
    "chunked, but not last": (
        post(TEXT, Content_Length="", Transfer_Encoding="chunked, identity"),
        400,
    ),
    "a chunk of no size": (
        post(b"zz\r\n" + TEXT, Content_Length="", Transfer_Encoding="chunked"),
        400,
    ),
    "a folded header": (post(TEXT, X_A="1\r\n folded"), 400),
    "a header with a zero byte": (post(TEXT, X_A="\0"), 400),
    "a space before the colon": (post(TEXT).replace(b"Host:", b"Host :"), 400),
    "a bare line feed": (post(TEXT).replace(b"\r\nHost", b"\nHost"), 400),
    "no HTTP at all": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", 400),
    "another protocol": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "another version": (post(TEXT).replace(b"HTTP/1.1", b"HTTP/9.9"), 400),
    "an absolute address": (post(ORDER, path=f"http://evil.test{CALL}"), 200),
    "an address with user and port": (post(ORDER, path=f"http://a:b@evil.test:99{CALL}"), 200),
    "an absolute address without a path": (post(ORDER, path="http://evil.test"), 400),
    "an address that is none": (post(ORDER, path="http://[x"), 400),
    "a path with dots": (post(ORDER, path="/cds-services/../healthz"), 404),
    "a path in bytes": (post(ORDER, path="/cds-services/%ff%00"), 404),
    "an upgrade to WebSocket": (
        post(ORDER, Connection="Upgrade, close", Upgrade="websocket"),
        400,
    ),
    "an expectation": (post(ORDER, Expect="100-continue"), 200),
}


def answers(came: bytes) -> int:
    """How many answers came."""
    return len(re.findall(rb"HTTP/1\.1 \d{3} ", came))


@pytest.mark.parametrize("name", SMUGGLED)
async def test_odd_http(wire: Wire, name: str, caplog: pytest.LogCaptureFixture) -> None:
    """HTTP that parsers disagree on is 400, what is merely unusual is answered; nothing leaks."""
    sent, expected = SMUGGLED[name]
    with caplog.at_level(logging.DEBUG):
        answer = await wire.say(sent)
    answer = answer.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert status(answer) == expected, answer
    assert answers(answer) == 1
    if expected != 200:
        assert b"OperationOutcome" in answer
    assert "evil" not in caplog.text
    assert "amoxicillin" not in caplog.text


async def test_a_second_request_hidden_in_a_body_is_not_answered(wire: Wire) -> None:
    """What follows a request that closes the connection is not read as another."""
    answer = await wire.say(post(ORDER) + post(ORDER))
    assert answers(answer) == 1


async def test_garbage_after_a_request_does_not_cost_its_answer(wire: Wire) -> None:
    """A good call that is followed by rubbish is answered before the connection ends."""
    answer = await wire.say(post(ORDER, Connection="") + b"\0rubbish\r\n\r\n")
    assert status(answer) == 200


async def test_a_client_that_hangs_up_is_no_defect(
    wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    """Half a body and then nobody there: nothing is logged as a fault of ours."""
    reader, writer = await wire.open()
    writer.write(post(ORDER)[:-50])
    await writer.drain()
    await wire.say(b"GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n")  # it was read before
    (task,) = wire.state.tasks
    writer.transport.abort()
    await task
    assert "unexpected" not in caplog.text
    assert "Exception" not in caplog.text
    reader.feed_eof()
