"""Where each piece of data comes from: the decision list.

For every need of the rules that will run:

1. its key is in the prefetch: null is "known to be empty"; a value is given;
2. no such key, but an unclaimed prefetch value is recognisably the answer: given;
3. nothing usable came: read it from the FHIR server with the delegated token, all at once;
4. no way to read it: not obtained, with the reason.

What rules can do without is read only once a rule comes to it, as `more`.

A query that the server refuses is asked again in its wider form, where there is one. A given list
with a next link is completed from the server, or else it is not whole. A need whose template leads
to nothing is not asked for and known to be empty; one that depends on another need comes after it,
and has failed when that has.
"""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final

import msgspec

from hooks.request import FhirAuthorization, HookRequest
from prefetch.aliases import NO_ALIASES, Aliases
from prefetch.chart import Chart, included_medications
from prefetch.client import Access, Answer, FhirClient
from prefetch.data import Data
from prefetch.drafts import medication_requests, sibling_medications
from prefetch.extras import NO_EXTRAS, Extras
from prefetch.medication import OfDrug, unresolved
from prefetch.needs import Need
from prefetch.origins import AllowedServers, same_origin
from prefetch.paging import next_link
from prefetch.reading import read
from prefetch.recognise import medications_in, recognise
from prefetch.references import Resource, name_of
from prefetch.scopes import may_read
from prefetch.states import Reason
from prefetch.templates import Filled, Sources, dependencies, fill, is_plain

# More referenced resources than this are not read: drugs keep the name the order shows.
_MOST_REFERENCES: Final = 40
# A path may look into what a reference leads to, and from there into the next.
_MOST_STEPS: Final = 4
_NOTHING: Final = b"null"
_OF_DRUGS: Final = frozenset({"MedicationRequest", "MedicationAdministration"})
# Tokens live shorter; a number in JSON may be larger than any float.
_A_YEAR: Final = 31_536_000


class Gatherer:
    """Obtains the data of one call."""

    def __init__(  # noqa: PLR0913 - each is a fact of one call
        self,
        client: FhirClient,
        servers: AllowedServers,
        request: HookRequest,
        today: date,
        deadline: float,
        *,
        tenant: str = "",
        aliases: Aliases = NO_ALIASES,
    ) -> None:
        """Prepare for one call.

        Args:
            client: reads FHIR servers.
            servers: those that may be read.
            request: the call.
            today: the day `today()` stands for.
            deadline: event-loop time by which all data must be in.
            tenant: whose call this is; nothing read for it is shared with another's.
            aliases: its names for code systems.
        """
        self._client = client
        self._request = request
        self._today = today
        self._aliases = aliases
        self._prefetch = aliases.prefetch(request.prefetch)
        self._extras = servers.extras_of(request.fhir_server) if request.fhir_server else NO_EXTRAS
        self._access = _access(request, servers, deadline, tenant, self._extras)
        self._siblings = sibling_medications(request.context)
        self._values: dict[str, msgspec.Raw] = {}
        self._found: dict[str, Data] = {}

    async def chart(self, required: Iterable[Need], optional: Iterable[Need] = ()) -> Chart:
        """The patient's chart: every need obtained as far as it can be, missing ones at once.

        What is optional, and has to be read, is left until it is asked for as `more`. Drugs that
        orders only refer to are read too: those of the drafts, and those of required lists.
        """
        must = with_earlier(required)
        needs = with_earlier((*must, *optional))
        self._take(needs)
        left = [need for need in needs if need.key not in self._found and need not in must]
        unread = left if isinstance(self._access, Access) else []
        read_now = [need for need in needs if need not in unread]
        resources = self._request.context.draft_resources
        drafted = [unresolved(r, self._siblings) for r in medication_requests(resources)]
        if any(drafted):
            _, drugs = await asyncio.gather(self._gather(read_now), self._medications(drafted))
        else:
            await self._gather(read_now)
            drugs = {}
        drugs |= await self._listed_drugs(must)
        data, context = dict(self._found), self._request.context
        return Chart(context, data, drugs, self._aliases, today=self._today, unread=unread)

    async def more(self, chart: Chart, needs: Iterable[Need]) -> Chart:
        """The chart with needs that were left unread, and the drugs that they refer to."""
        wanted = chart.unread(with_earlier(needs))
        await self._gather(wanted)
        drugs = await self._listed_drugs(wanted)
        return chart.with_read({need.key: self._found[need.key] for need in wanted}, drugs)

    async def _listed_drugs(self, needs: Iterable[Need]) -> dict[str, Resource]:
        """The Medications that lists of orders or doses refer to."""
        of_drugs = {need.key: self._found[need.key] for need in needs if need.resource in _OF_DRUGS}
        wanted: list[str] = []
        for listed in of_drugs.values():
            if listed.obtained:
                known = {**self._siblings, **included_medications(listed)}
                orders = (each for each in listed.typed if isinstance(each, OfDrug | dict))
                wanted += [unresolved(order, known) for order in orders]
        return await self._medications(wanted)

    async def _medications(self, references: Iterable[str]) -> dict[str, Resource]:
        """The Medications orders refer to: from any prefetch key, or else read."""
        wanted = {reference for reference in references if reference}
        if not wanted:
            return {}
        given = medications_in(self._prefetch)
        return given | await self._read(sorted(wanted - given.keys()))

    def _take(self, needs: Sequence[Need]) -> None:
        """Keep what came with the request; what of it cannot be used is kept at hand."""
        can_ask = isinstance(self._access, Access)
        self._values = recognise(self._prefetch, needs, sure=can_ask, always=self._extras.query)
        for need in needs:
            given = self._given(need, self._values.get(need.key))
            if given is not None:
                self._found[need.key] = given

    async def _gather(self, needs: Sequence[Need]) -> None:
        """Obtain what is not there yet: at once, save what depends on other needs."""
        found = self._found
        missing = [need for need in needs if need.key not in found]
        while missing:
            ready = [n for n in missing if dependencies(n.template) <= found.keys()]
            read_now = (self._obtain(n, self._values.get(n.key), found) for n in ready)
            found |= {data.need.key: data for data in await asyncio.gather(*read_now)}
            missing = [n for n in missing if n not in ready]

    def _given(self, need: Need, value: msgspec.Raw | None) -> Data | None:
        """The data as prefetched; None when there is something to read from the server."""
        if value is None:
            return None
        given = Data(need, self._request.context.patient_id, [value])
        return given if given.obtained and not given.next_link else None

    async def _obtain(self, need: Need, value: msgspec.Raw | None, found: dict[str, Data]) -> Data:
        with self._client.observer.obtaining(need) as tell:
            data = await self._obtained(need, value, found)
            tell(data)
            return data

    async def _obtained(
        self, need: Need, value: msgspec.Raw | None, found: dict[str, Data]
    ) -> Data:
        if value is None:
            return await self._fetch(need, found)
        if link := next_link(value):
            return await self._complete(need, value, link)
        # an outcome in place of data, or something unreadable: the server may do better
        given = Data(need, self._request.context.patient_id, [value])
        fetched = await self._fetch(need, found)
        return fetched if fetched.obtained else given

    async def _fetch(self, need: Need, found: dict[str, Data]) -> Data:
        answer = await self._ask(need.template, found)
        if answer.reason is Reason.REJECTED and need.wider:
            answer = await self._ask(need.wider, found)
        patient = self._request.context.patient_id
        return Data(need, patient, answer.pages, fetched=True, reason=answer.reason)

    async def _ask(self, template: str, found: dict[str, Data]) -> Answer:
        filled = await self._filled(template, found)
        if filled.reason is not None:
            return Answer(reason=filled.reason)
        return await self._query(filled.query) if filled.query else Answer((_NOTHING,))

    async def _filled(self, template: str, found: dict[str, Data]) -> Filled:
        """The query of a template, after reading the references that its paths look into."""
        # only paths look into resources, and to have them at hand means to decode them all
        known = {} if is_plain(template) else self._at_hand(found)
        for _ in range(_MOST_STEPS):
            sources = Sources(self._request.context, self._today, found, known)
            filled = fill(template, sources)
            if not filled.wanted:
                return filled
            resources = await self._read(sorted(filled.wanted))
            if len(resources) < len(filled.wanted):
                reason = self._access if isinstance(self._access, Reason) else Reason.NOT_FOUND
                return Filled(reason=reason)
            known |= resources
        return Filled(reason=Reason.NO_CONTEXT)

    def _at_hand(self, found: dict[str, Data]) -> dict[str, Resource]:
        """Every resource that came with the call or was read for it, by `Type/id`."""
        resources = list(self._request.context.draft_resources)
        for data in found.values():
            resources += [*data.included, *(data if data.obtained else ())]
        return {name_of(r): r for r in resources}

    async def _read(self, references: Sequence[str]) -> dict[str, Resource]:
        """Resources by `Type/id`, read at once; those that can't be had or read are absent."""
        wanted = references[:_MOST_REFERENCES]
        answers = await asyncio.gather(*map(self._query, wanted))
        patient = self._request.context.patient_id
        return {
            reference: resource
            for reference, answer in zip(wanted, answers, strict=True)
            for resource in read(answer.pages[:1], reference.partition("/")[0], patient).resources
        }

    async def _query(self, relative: str) -> Answer:
        """Ask the server, unless there is no way to it or the token cannot cover the type."""
        if isinstance(self._access, Reason):
            return Answer(reason=self._access)
        kind = relative.partition("?")[0].partition("/")[0]
        authorization = self._request.authorization
        if authorization is not None and not may_read(authorization.scope, kind):
            return Answer(reason=Reason.FORBIDDEN)
        return self._named(await self._client.query(self._access, relative))

    def _named(self, answer: Answer) -> Answer:
        """The answer with code systems called by their own names."""
        return Answer(self._aliases.pages(answer.pages), answer.reason)

    async def _complete(self, need: Need, first: msgspec.Raw, link: str) -> Data:
        """Follow the next link of a prefetched list."""
        answer = Answer(reason=Reason.TRUNCATED)
        if isinstance(self._access, Access) and (url := same_origin(self._access.base, link)):
            answer = self._named(await self._client.follow(self._access, url))
        reason = None if answer.reason is None else Reason.TRUNCATED
        return Data(need, self._request.context.patient_id, [first, *answer.pages], reason=reason)


def with_earlier(needs: Iterable[Need]) -> list[Need]:
    """The needs and those they depend on, each once."""
    found: dict[Need, None] = {}
    for need in needs:
        found |= dict.fromkeys((*with_earlier(need.after), need))
    return list(found)


def _access(
    request: HookRequest, servers: AllowedServers, deadline: float, tenant: str, extras: Extras
) -> Access | Reason:
    """The way to the FHIR server, or why there is none."""
    if request.fhir_server is None:
        return Reason.NO_FHIR_SERVER
    if not servers.allows(request.fhir_server):
        return Reason.SERVER_NOT_ALLOWED
    if request.authorization is None:
        return Reason.NO_TOKEN
    expires = asyncio.get_running_loop().time() + _lifetime(request.authorization)
    token = request.authorization.access_token
    return Access(request.fhir_server, token, deadline, expires, tenant, extras)


def _lifetime(authorization: FhirAuthorization) -> float:
    """Seconds the token is good for; infinite when it does not say so as a positive number."""
    said: Any = authorization.expires_in
    known = isinstance(said, int | float) and not isinstance(said, bool) and said > 0
    return float(min(said, _A_YEAR)) if known else float("inf")
