"""Prefetch as an EHR does it: the service's templates filled in, run, and sent as far as they went.

Standard: CDS Hooks 3.0.0-ballot, "Prefetch Template": an error that the server gave is sent as its
OperationOutcome; a key for which nothing could be had is left out.
"""

import asyncio
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx

from service.demo.switches import Switches
from service.demo.vendors import Vendor

Json = dict[str, Any]

PATIENCE: Final = 1.0  # seconds an EHR waits for its own server before it leaves a key out
_TOKEN: Final = re.compile(r"\{\{\s*context\.(\w+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Piece:
    """What became of one prefetch key, on the EHR's side.

    Attributes:
        key: as the service advertises it.
        query: filled in; "" when it was not run.
        fate: in words.
        milliseconds: the query took; None when it was not run.
    """

    key: str
    query: str
    fate: str
    milliseconds: float | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where an EHR prefetches from."""

    http: httpx.AsyncClient
    base: str
    token: str


async def prefetch(
    source: Source,
    templates: Mapping[str, str],
    context: Mapping[str, str],
    switches: Switches,
    vendor: Vendor,
) -> tuple[Json, list[Piece]]:
    """The prefetch of a call, under the vendor's keys, and what became of each piece."""
    found = await asyncio.gather(
        *(_one(source, key, _filled(t, context), switches, vendor) for key, t in templates.items())
    )
    values = {piece.key: value for piece, value in found if value is not None}
    return vendor.keys(values), [piece for piece, _ in found]


async def _one(
    source: Source, key: str, query: str | None, switches: Switches, vendor: Vendor
) -> tuple[Piece, Any]:
    if switches.prefetch == "none" or (switches.prefetch == "some" and key not in switches.keys):
        return Piece(key, "", "left out: switched off"), None
    if query is None:
        return Piece(key, "", "left out: this EHR cannot fill in its template"), None
    started = time.perf_counter()
    value, fate = await _answer(source, query, omits_failed=vendor.omits_failed)
    return Piece(key, query, fate, (time.perf_counter() - started) * 1000), value


async def _answer(source: Source, query: str, *, omits_failed: bool) -> tuple[Any, str]:
    """The value to send for a query, None for none, and its fate in words."""
    headers = {"Authorization": f"Bearer {source.token}"}
    url = f"{source.base}/{query}"
    try:
        answer = await source.http.get(url, headers=headers, timeout=PATIENCE)
        body = answer.json()
    except httpx.HTTPError:
        return None, "left out: no answer in time"
    except ValueError:
        return None, "left out: the answer was no JSON"
    if answer.is_success:
        return body, "sent"
    if omits_failed:
        return None, f"left out: the server answered {answer.status_code}"
    return body, f"sent as the OperationOutcome of status {answer.status_code}"


def _filled(template: str, context: Mapping[str, str]) -> str | None:
    """The template with its context tokens filled in; None when one is beyond this EHR."""
    filled = _TOKEN.sub(lambda found: context.get(found[1], found[0]), template)
    return None if "{{" in filled else filled
