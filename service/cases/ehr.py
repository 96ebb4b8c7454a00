"""The EHR of the cases: its FHIR server, and the hook requests it sends about one case."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

import httpx

from hooks.errors import CaseError
from service.cases.case import Case
from service.cases.chart import BASE, TOKEN
from service.fhir_server import FhirServer

Json = dict[str, Any]
USER: Final = "Practitioner/case"
_TOKEN: Final = re.compile(r"\{\{(.*?)\}\}")
_DAY: Final = re.compile(r"today\(\)(?:\s*([+-])\s*(\d+)\s*days?)?")
_FETCHED: Final = {"Authorization": f"Bearer {TOKEN}"}
_ABSENT: Final = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)


class Ehr:
    """Sends requests about charts, and keeps the chart at hand on its FHIR server."""

    def __init__(self) -> None:
        self._server = FhirServer(tokens=frozenset())  # until a chart is opened, it admits nobody
        self.transport = httpx.ASGITransport(self._serve)
        self._client = httpx.AsyncClient(transport=self.transport, headers=_FETCHED)

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        scope = scope | {"root_path": "/fhir", "path": scope["path"].removeprefix("/fhir")}
        await self._server.app(scope, receive, send)

    def open(self, server: FhirServer) -> None:
        """Let another FHIR server answer at the EHR's address."""
        self._server = server

    async def prefetched(self, templates: Mapping[str, str], context: Json, day: date) -> Json:
        """What the EHR sends along when it is asked for these templates.

        Raises:
            CaseError: the server did not answer a query; a chart must not look empty for that.
        """
        found: Json = {}
        for key, template in templates.items():
            query = filled(template, context, day)
            if query is None:
                continue
            answer = await self._client.get(f"{BASE}/{query}")
            if answer.status_code not in (HTTPStatus.OK, *_ABSENT):
                raise CaseError(f"prefetch of {key} ({query}): {answer.text}")
            found[key] = answer.json() if answer.status_code == HTTPStatus.OK else None
        return found


def context_of(case: Case, drafts: list[Json]) -> Json:
    """The hook's context."""
    context: Json = {"userId": USER, "patientId": case.chart.patient, **case.written.context}
    if case.written.hook == "patient-view":
        return context
    entries = [{"resource": draft} for draft in drafts]
    context["draftOrders"] = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    if case.written.hook == "order-select":
        context["selections"] = case.picked
    return context


def request(
    case: Case, context: Json, prefetch: Json | None = None, *, server: bool = True
) -> Json:
    """A hook request; with `server`, whatever is not prefetched can be read."""
    sent: Json = {
        "hook": case.written.hook,
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": context,
    }
    if prefetch is not None:
        sent["prefetch"] = prefetch
    if server:
        sent["fhirServer"] = BASE
        sent["fhirAuthorization"] = {
            "access_token": TOKEN,
            "token_type": "Bearer",
            "expires_in": 300,
            "scope": "patient/*.rs",
            "subject": "cardwise",
        }
    return sent


def filled(template: str, context: Json, day: date) -> str | None:
    """The query an EHR makes of a template of plain tokens; None where it has no value for one."""
    known = {f"context.{name}": value for name, value in context.items()}
    known["userPractitionerId"] = USER.partition("/")[2]
    missing = False

    def value(token: re.Match[str]) -> str:
        nonlocal missing
        name = token[1].strip()
        if match := _DAY.fullmatch(name):
            days = int(match[2] or 0) * (-1 if match[1] == "-" else 1)
            return (day + timedelta(days=days)).isoformat()
        missing = missing or name not in known
        return quote(str(known.get(name, "")), safe="")

    query = _TOKEN.sub(value, template)
    return None if missing else query
