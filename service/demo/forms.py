"""Forms of the demo's own pages: from its own origin, small, and in plain words.

A form is only taken from a page of this very address: the browser says where it comes from, in
Origin or Sec-Fetch-Site. The session's cookie is SameSite=Strict besides.
"""

from typing import Final
from urllib.parse import parse_qs, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request

Form = dict[str, list[str]]

_LARGEST: Final = 64 * 1024
_MOST_FIELDS: Final = 100


async def read_form(request: Request) -> Form:
    """The fields of a form.

    Raises:
        HTTPException: 403 from another page, 413 too large, 415 no form, 400 not readable.
    """
    if not _is_our_own(request):
        raise HTTPException(403)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise HTTPException(415)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST:
            raise HTTPException(413)
    try:
        return parse_qs(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise HTTPException(400) from None


def field(form: Form, name: str) -> str:
    """The first value of a field; "" when there is none."""
    return form.get(name, [""])[0]


def _is_our_own(request: Request) -> bool:
    origin = request.headers.get("origin")
    if origin is not None and origin != "null":
        return urlsplit(origin).netloc == request.headers.get("host")
    return request.headers.get("sec-fetch-site") == "same-origin"
