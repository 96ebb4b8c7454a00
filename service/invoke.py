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
from prefetch.drafts import refuse_other_patients, selected_drafts
from prefetch.gather import Gatherer
from prefetch.references import name_of
from rules._cards import Call
from rules._evaluate import Evaluation, Evaluator, applicable
from service.limits.body import read_body
from service.record import Record
from service.state import State
from service.tenants.sites import Site

# Of the deadline, this much is kept for evaluating and answering once the data is in.
_MARGIN: Final = 0.15
# Rules may take this much of the deadline in processor time, or else most of what is left.
_RULES: Final = 0.25
_REST: Final = 0.7


async def invoke(request: Request) -> Response:
    """Answer one call of a service."""
    started = time.perf_counter()
    state: State = request.app.state.cardwise
    body = await read_body(request, state.settings)
    call = read_request(body, hooks.contexts(), state.settings.max_items)
    request.state.call = call
    service = request.path_params["service_id"]
    site: Site = request.state.site
    offered = site.catalog.rules(service, call.hook)
    refuse_other_patients(call.context)
    drafts = selected_drafts(call.context)
    rules = applicable(offered, call.hook, drafts)
    gatherer = _gatherer(state, site, call)
    chart = await gatherer.chart(
        [need for rule in rules for need in rule.needs],
        [need for rule in rules for need in rule.helped_by],
    )

    def note(status: int, result: Evaluation | None) -> None:
        record = Record(
            tenant=site.id,
            service=service,
            hook=call.hook,
            hook_instance=call.hook_instance,
            status=status,
            rules=rules,
            chart=chart,
            result=result,
            seconds=time.perf_counter() - started,
        )
        record.note(state.metrics)
        request.state.record = record
        if state.witness is not None:
            state.witness(call.hook_instance, record)

    watched = state.traces.watched(rules) if state.traces else rules
    evaluator = Evaluator(
        watched,
        site.knowledge,
        _call(state, site, call),
        drafts,
        seconds=_for_rules(site, time.perf_counter() - started),
        breakers=state.breakers,
    )
    while wanted := evaluator.run(chart):
        chart = await gatherer.more(chart, wanted)
    try:
        result = evaluator.result(chart)
    except PreconditionFailed:
        note(412, None)
        raise
    answer = CardsResponse(cards=tuple(result.cards)).to_json()
    note(200, result)
    return Response(answer, media_type="application/json")


def _gatherer(state: State, site: Site, call: HookRequest) -> Gatherer:
    seconds = site.deadline * (1 - _MARGIN)
    return Gatherer(
        state.fhir,
        site.servers,
        call,
        state.clock().date(),
        asyncio.get_running_loop().time() + seconds,
        tenant=site.id,
        aliases=site.aliases,
    )


def _for_rules(site: Site, gone: float) -> float:
    """Seconds that the rules may take when so many are gone."""
    return max(min(site.deadline * _RULES, (site.deadline - gone) * _REST), 0.01)


def _call(state: State, site: Site, call: HookRequest) -> Call:
    base = state.settings.base_url
    return Call(
        hook_instance=call.hook_instance,
        drafts=frozenset(map(name_of, call.context.draft_resources)),
        pages=f"{base}/rules",
        own_source=Source(label="Cardwise", url=base),
        actions=site.actions,
        always_answers=site.always_answers,
    )
