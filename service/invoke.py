"""`POST /cds-services/{id}`: read, obtain the data, evaluate, answer.

Standard: CDS Hooks 3.0.0-ballot, "Calling a CDS Service" and "CDS Service Response".
"""

import asyncio
import time
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

import hooks
from hooks.cards import CardsResponse, Source
from hooks.errors import PreconditionFailed
from hooks.request import HookRequest, read_request
from prefetch.chart import Chart, refuse_other_patients, selected_drafts
from prefetch.gather import Gatherer
from prefetch.references import name_of
from rules._cards import Call
from rules._evaluate import Evaluation, applicable, evaluate
from rules._rule import Rule
from service.body import read_body
from service.record import Record
from service.state import State
from service.tenants.sites import Site

# Of the deadline, this much is kept for evaluating and answering once the data is in.
_MARGIN: Final = 0.15


async def invoke(request: Request) -> Response:
    """Answer one call of a service."""
    started = time.perf_counter()
    state: State = request.app.state.cardwise
    call = read_request(await read_body(request, state.settings.max_body), hooks.contexts())
    request.state.call = call
    service = request.path_params["service_id"]
    site: Site = request.state.site
    offered = site.catalog.rules(service, call.hook)
    refuse_other_patients(call.context)
    drafts = selected_drafts(call.context)
    rules = applicable(offered, call.hook, drafts)
    chart = await _chart(state, site, call, rules)

    def note(status: int, result: Evaluation | None) -> None:
        seconds = time.perf_counter() - started
        record = Record(service, call.hook, status, rules, chart, result, seconds)
        record.note(state.metrics)
        request.state.record = record

    try:
        result = evaluate(rules, chart, state.knowledge, _call(state, call), drafts)
    except PreconditionFailed:
        note(412, None)
        raise
    body = CardsResponse(cards=tuple(result.cards)).to_json()
    note(200, result)
    return Response(body, media_type="application/json")


async def _chart(state: State, site: Site, call: HookRequest, rules: list[Rule]) -> Chart:
    seconds = site.deadline * (1 - _MARGIN)
    gatherer = Gatherer(
        state.fhir,
        site.servers,
        call,
        state.clock().date(),
        asyncio.get_running_loop().time() + seconds,
        tenant=site.id,
    )
    required = [need for rule in rules for need in rule.needs]
    return await gatherer.chart(required, [need for rule in rules for need in rule.helped_by])


def _call(state: State, call: HookRequest) -> Call:
    base = state.settings.base_url
    return Call(
        hook_instance=call.hook_instance,
        drafts=frozenset(map(name_of, call.context.draft_resources)),
        pages=f"{base}/rules",
        own_source=Source(label="Cardwise", url=base),
    )
