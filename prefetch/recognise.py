"""Which prefetch value answers which need: by its key, else by what it holds.

Keys are ours by discovery, but sites retype them (Epic's `item1` to `item5`), and some EHRs never
read discovery at all.
"""

from collections.abc import Container, Iterable
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import msgspec

from hooks.request import Prefetch
from prefetch.coding import as_list, as_text
from prefetch.needs import Need
from prefetch.reading import read
from prefetch.references import Resource

# What a search may have beside the parameters we ask for and still be the same search.
_HARMLESS: Final = frozenset(
    {"patient", "subject", "_count", "_sort", "_format", "_include", "_maxresults", "_total"}
)


# Looked for before anything is decoded.
_MEDICATION: Final = b'"Medication"'


class _Glance(msgspec.Struct):
    """Enough of a value to say what it is, without decoding its entries."""

    resourceType: Any = None  # noqa: N815
    link: Any = None


def recognise(
    prefetch: Prefetch,
    needs: Iterable[Need],
    *,
    sure: bool = False,
    always: Container[tuple[str, str]] = (),
) -> dict[str, msgspec.Raw]:
    """The prefetch value for each need that has one, by the need's key.

    Args:
        prefetch: what was sent.
        needs: what is needed.
        sure: whether to leave out a Bundle under a foreign key that does not say which search it
            answers: where the server can be asked, its answer is better than a guess.
        always: parameters that every read of the server has.
    """
    needs = list(needs)
    values = {need.key: prefetch[need.key] for need in needs if need.key in prefetch}
    for need in needs:
        if need.key not in values:
            unclaimed = (value for key, value in prefetch.items() if key not in values)
            found = next((v for v in unclaimed if _answers(v, need, sure, always)), None)
            if found is not None:
                values[need.key] = found
    return values


def _answers(
    value: msgspec.Raw, need: Need, sure: bool, always: Container[tuple[str, str]]
) -> bool:
    """Whether a value is recognisably the answer to a need's query."""
    try:
        glance = msgspec.json.decode(value, type=_Glance)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    if glance.resourceType != "Bundle":
        return glance.resourceType == need.resource and "?" not in need.template
    links = (link for link in as_list(glance.link) if isinstance(link, dict))
    urls = [as_text(link.get("url")) for link in links if link.get("relation") == "self"]
    if urls:
        return _is_query(urls[0], need, always)
    return not sure and _asks_for_all(need) and _first_type(value) == need.resource


def _asks_for_all(need: Need) -> bool:
    """Whether any Bundle of the right type is likely to answer: there is no code to be right of."""
    return "&code=" not in need.template and need.advertised


def _is_query(url: str, need: Need, always: Container[tuple[str, str]]) -> bool:
    """Whether a search's own link is for all that the need asks for, and not for a part of it."""
    try:
        parts = urlsplit(url)
        asked = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return False
    ours = dict(parse_qsl(urlsplit(need.template).query))
    kind = parts.path.removesuffix("/_search").rpartition("/")[2]
    return kind == need.resource and all(
        name in _HARMLESS or ours.get(name) == value or (name, value) in always
        for name, value in asked
    )


def _first_type(bundle: msgspec.Raw) -> str:
    """The type of a Bundle's first resource; "" when it has none."""
    try:
        entries = as_list(msgspec.json.decode(bundle).get("entry"))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
    resources = (e.get("resource") for e in entries if isinstance(e, dict))
    kinds = (as_text(r.get("resourceType")) for r in resources if isinstance(r, dict))
    return next(kinds, "")


def medications_in(prefetch: Prefetch) -> dict[str, Resource]:
    """Every Medication that came under any key, by `Type/id`: orders may refer to it."""
    values = [value for value in prefetch.values() if _MEDICATION in bytes(value)]
    found = read(values, "Medication", "").resources
    return {f"Medication/{as_text(r.get('id'))}": r for r in found}
