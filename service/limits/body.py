"""Reading a request's body: JSON by its type, and no larger than allowed."""

from starlette.exceptions import HTTPException
from starlette.requests import Request


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body.

    Raises:
        HTTPException: 415 when another type than JSON is declared, 413 when it is over the limit.
    """
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip()
    if not (kind.lower() in ("application/json", "text/json") or kind.lower().endswith("+json")):
        raise HTTPException(415)
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > limit:
        raise HTTPException(413)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise HTTPException(413)
    return bytes(body)
