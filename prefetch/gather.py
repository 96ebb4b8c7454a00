"""Where each piece of data comes from: the decision list.

For every need of the rules that will run:

1. its key is in the prefetch: null is "known to be empty"; a value is given;
2. no such key, but an unclaimed prefetch value is recognisably the answer (Epic sites retype the
   keys): given;
3. nothing usable came: read it from the FHIR server with the delegated token, all at once;
4. no way to read it: not obtained, with the reason.

A given list with a next link is completed from the server, or else it is not whole.
"""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final

import msgspec

from hooks.request import HookRequest, Prefetch
from prefetch.chart import Chart, included_medications, medication_requests, sibling_medications
from prefetch.client import Access, Answer, FhirClient, next_link
from prefetch.coding import as_list
from prefetch.data import Data
from prefetch.medication import unresolved
from prefetch.needs import Need
from prefetch.needs import medications as MEDICATIONS  # noqa: N812 - a constant here
from prefetch.origins import AllowedServers, same_origin
from prefetch.states import Reason
from prefetch.templates import fill

# More referenced drugs than this are left with the name the order shows.
_MOST_REFERENCES: Final = 40


class _Glance(msgspec.Struct):
    """Enough of a value to say what it is, without decoding its entries."""

    resourceType: Any = None  # noqa: N815
    link: Any = None


class Gatherer:
    """Obtains the data of one call."""

    def __init__(
        self,
        client: FhirClient,
        servers: AllowedServers,
        request: HookRequest,
        today: date,
        deadline: float,
    ) -> None:
        """Prepare for one call.

        Args:
            client: reads FHIR servers.
            servers: those that may be read.
            request: the call.
            today: the day `today()` stands for.
            deadline: event-loop time by which all data must be in.
        """
        self._client = client
        self._request = request
        self._today = today
        self._access = _access(request, servers, deadline)

    async def chart(self, required: Iterable[Need], optional: Iterable[Need] = ()) -> Chart:
        """The patient's chart: every need obtained as far as it can be, missing ones at once.

        Drugs that orders only refer to are read too: those of the drafts, and those of the
        medication list where a rule requires it.
        """
        must = list(required)
        needs = list(dict.fromkeys((*must, *optional)))
        context = self._request.context
        siblings = sibling_medications(context)
        drafted = [unresolved(r, siblings) for r in medication_requests(context.draft_resources)]
        if any(drafted):
            data, medications = await asyncio.gather(self._gather(needs), self._read(drafted))
        else:
            data, medications = await self._gather(needs), {}
        if MEDICATIONS in must and data[MEDICATIONS.key].obtained:
            listed = data[MEDICATIONS.key]
            known = {**siblings, **included_medications(listed)}
            medications |= await self._read(unresolved(r, known) for r in listed)
        return Chart(context, data, medications)

    async def _gather(self, needs: Sequence[Need]) -> dict[str, Data]:
        values = recognise(self._request.prefetch, needs)
        found = {need.key: self._given(need, values.get(need.key)) for need in needs}
        missing = [need for need in needs if found[need.key] is None]
        if missing:
            read = await asyncio.gather(*(self._obtain(n, values.get(n.key)) for n in missing))
            found |= {data.need.key: data for data in read}
        return {key: data for key, data in found.items() if data is not None}

    async def _read(self, references: Iterable[str]) -> dict[str, bytes]:
        """Resources by `Type/id`, read at once; those that can't be had are absent."""
        if isinstance(self._access, Reason):
            return {}
        wanted = list(dict.fromkeys(filter(None, references)))[:_MOST_REFERENCES]
        answers = await asyncio.gather(*(self._client.query(self._access, r) for r in wanted))
        return {r: a.pages[0] for r, a in zip(wanted, answers, strict=True) if a.pages}

    def _given(self, need: Need, value: msgspec.Raw | None) -> Data | None:
        """The data as prefetched; None when there is something to read from the server."""
        if value is None or next_link(value):
            return None
        given = Data(need, self._request.context.patient_id, [value])
        return given if given.obtained else None

    async def _obtain(self, need: Need, value: msgspec.Raw | None) -> Data:
        if value is None:
            return await self._fetch(need)
        if link := next_link(value):
            return await self._complete(need, value, link)
        # an outcome in place of data, or something unreadable: the server may do better
        given = Data(need, self._request.context.patient_id, [value])
        return await self._fetch(need, otherwise=given)

    async def _fetch(self, need: Need, otherwise: Data | None = None) -> Data:
        query = fill(need.template, self._request.context, self._today)
        if query is None:
            answer = Answer(reason=Reason.NO_CONTEXT)
        elif isinstance(self._access, Reason):
            answer = Answer(reason=self._access)
        else:
            answer = await self._client.query(self._access, query)
        if otherwise is not None and not answer.pages:
            return otherwise
        return self._data(need, answer)

    async def _complete(self, need: Need, first: msgspec.Raw, link: str) -> Data:
        """Follow the next link of a prefetched list."""
        answer = Answer(reason=Reason.TRUNCATED)
        if isinstance(self._access, Access) and (url := same_origin(self._access.base, link)):
            answer = await self._client.follow(self._access, url)
        reason = None if answer.reason is None else Reason.TRUNCATED
        return Data(need, self._request.context.patient_id, [first, *answer.pages], reason=reason)

    def _data(self, need: Need, answer: Answer) -> Data:
        patient = self._request.context.patient_id
        return Data(need, patient, answer.pages, fetched=True, reason=answer.reason)


def recognise(prefetch: Prefetch, needs: Iterable[Need]) -> dict[str, msgspec.Raw]:
    """The prefetch value for each need: by its key, else by what an unclaimed value holds."""
    needs = list(needs)
    values = {need.key: prefetch[need.key] for need in needs if need.key in prefetch}
    missing = {need.resource: need.key for need in needs if need.key not in values}
    if missing:
        for key, value in prefetch.items():
            if key not in values and (wanted := missing.get(_answers(value))):
                values.setdefault(wanted, value)
    return values


def _answers(value: msgspec.Raw) -> str:
    """The resource type a value answers for: its own, or that of the search or first entry."""
    try:
        glance = msgspec.json.decode(value, type=_Glance)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
    if glance.resourceType != "Bundle":
        return glance.resourceType if isinstance(glance.resourceType, str) else ""
    links = [link.get("url") for link in as_list(glance.link) if isinstance(link, dict)]
    for url in links:
        if isinstance(url, str):
            return url.partition("?")[0].rpartition("/")[2]
    return _first_type(value)


def _first_type(bundle: msgspec.Raw) -> str:
    try:
        entries = as_list(msgspec.json.decode(bundle).get("entry"))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
    resources = (e.get("resource") for e in entries if isinstance(e, dict))
    kinds = (r.get("resourceType") for r in resources if isinstance(r, dict))
    return next((kind for kind in kinds if isinstance(kind, str)), "")


def _access(request: HookRequest, servers: AllowedServers, deadline: float) -> Access | Reason:
    """The way to the FHIR server, or why there is none."""
    if request.fhir_server is None:
        return Reason.NO_FHIR_SERVER
    if not servers.allows(request.fhir_server):
        return Reason.SERVER_NOT_ALLOWED
    if request.authorization is None:
        return Reason.NO_TOKEN
    return Access(request.fhir_server, request.authorization.access_token, deadline)
