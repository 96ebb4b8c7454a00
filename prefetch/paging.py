"""Pages of a list: where a Bundle says that the next one is (https://hl7.org/fhir/R4/http.html)."""

from typing import Any

import msgspec

from prefetch.coding import as_list, as_text


class _Page(msgspec.Struct):
    """The part of a Bundle that paging needs; its entries are passed over unread."""

    link: Any = None


def next_link(page: bytes | msgspec.Raw) -> str:
    """The URL of a Bundle's next page; "" when there is none."""
    if not any(word in bytes(page) for word in (b"next", b"\\u")):  # the relation, or its escapes
        return ""
    try:
        links = as_list(msgspec.json.decode(page, type=_Page).link)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
    found = (link for link in links if isinstance(link, dict) and link.get("relation") == "next")
    return next((as_text(link.get("url")) for link in found), "")
