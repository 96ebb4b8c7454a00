"""The demo EHR's own way to its FHIR server: reading a chart, and writing as one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Literal

import httpx
import msgspec

Json = dict[str, Any]

_MOST_PAGES: Final = 100
_CONFLICTS: Final = frozenset({HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED})


@dataclass(frozen=True, slots=True)
class Written:
    """How a transaction ended.

    Attributes:
        outcome: written; or nothing was, by conflict or refusal; or it is not known.
        told: what is to be said of it, by the server or of it; often nothing.
    """

    outcome: Literal["written", "conflict", "refused", "unanswered"]
    told: str = ""


class Fhir:
    """Reads and writes one FHIR server with one token."""

    def __init__(self, http: httpx.AsyncClient, base: str, token: str) -> None:
        """Speak to the server at `base`."""
        self._http = http
        self._base = base
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/fhir+json"}

    async def first(self, query: str) -> tuple[list[Json], int]:
        """The first page of a search, and how many there are in all.

        Raises:
            httpx.HTTPError: the server does not answer, or with an error.
        """
        answer = await self._http.get(f"{self._base}/{query}", headers=self._headers)
        bundle = answer.raise_for_status().json()
        found = [entry["resource"] for entry in bundle.get("entry", [])]
        return found, int(bundle.get("total", len(found)))

    async def search(self, query: str) -> list[Json]:
        """Every resource that a search finds, page after page.

        Raises:
            httpx.HTTPError: the server does not answer, or with an error.
        """
        url: str | None = f"{self._base}/{query}"
        found: list[Json] = []
        for _ in range(_MOST_PAGES):
            if url is None:
                break
            answer = await self._http.get(url, headers=self._headers)
            bundle = answer.raise_for_status().json()
            found += [entry["resource"] for entry in bundle.get("entry", [])]
            links = (link for link in bundle.get("link", []) if link["relation"] == "next")
            url = next((link["url"] for link in links), None)
        return found

    async def read(self, reference: str) -> Json | None:
        """One resource as it stands; None when it is not there.

        Raises:
            httpx.HTTPError: the server does not answer, or with another error.
        """
        answer = await self._http.get(f"{self._base}/{reference}", headers=self._headers)
        if answer.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
            return None
        found: Json = answer.raise_for_status().json()
        return found

    async def write(self, entries: Sequence[Json]) -> Written:
        """Carry out the entries of a transaction, all or none."""
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}
        headers = self._headers | {"Content-Type": "application/fhir+json"}
        body = msgspec.json.encode(bundle)
        try:
            answer = await self._http.post(f"{self._base}/", content=body, headers=headers)
        except httpx.HTTPError:
            return Written("unanswered")
        if answer.is_success:
            return Written("written")
        if answer.is_server_error:
            return Written("unanswered", _told(answer))
        return Written("conflict" if answer.status_code in _CONFLICTS else "refused", _told(answer))


def _told(answer: httpx.Response) -> str:
    """The diagnostics of an OperationOutcome."""
    try:
        return str(answer.json()["issue"][0]["diagnostics"])
    except (ValueError, LookupError, TypeError):
        return f"status {answer.status_code}"
