"""Reading a request's body: plain JSON, in time, and no larger than allowed."""

import asyncio
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from hooks.errors import TooMuch
from service.settings import Settings

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
# Each value but the first has one of these before it, and so do some words in texts.
_NOT_BEFORE_A_VALUE: Final = bytes(set(range(256)) - set(b",[{"))


async def read_body(request: Request, settings: Settings) -> bytes:
    """The whole body.

    Raises:
        HTTPException: 415 when another type than JSON is declared, or it is packed; 408 when it
            takes too long.
        TooMuch: it has too many bytes, or too many values.
    """
    _check_type(request)
    try:
        async with asyncio.timeout(settings.receive_seconds):
            body = await _bytes(request, settings.max_body)
    except TimeoutError:
        raise HTTPException(408, headers={"Connection": "close"}) from None
    except ClientDisconnect:  # nobody will see the answer
        raise HTTPException(400) from None
    _check_values(body, settings.max_elements)
    # RFC 8259, 8.1: a sender must not put it there, a reader may pass over it; .NET's put it there
    return body.removeprefix(_BYTE_ORDER_MARK)


def _check_type(request: Request) -> None:
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip()
    if not (kind.lower() in ("application/json", "text/json") or kind.lower().endswith("+json")):
        raise HTTPException(415)
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        # RFC 9110, 15.5.16: it is the packing that is not taken, and this says which is
        raise HTTPException(415, headers={"Accept-Encoding": "identity"})


async def _bytes(request: Request, most: int) -> bytes:
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > most:
        raise TooMuch("bytes", most, int(length[:20]))
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise TooMuch("bytes", most, len(body))
    return bytes(body)


def _check_values(body: bytes, most: int) -> None:
    """Count values before any is made: three bytes of JSON can be a hundred in memory."""
    if len(body) <= most:  # so it cannot have more, and need not be looked at
        return
    values = len(body.translate(None, _NOT_BEFORE_A_VALUE))
    if values > most:
        raise TooMuch("JSON values", most, values)
