"""`POST /cds-services/{id}`: read, obtain the data, evaluate, answer.

Standard: CDS Hooks 3.0.0-ballot, "Calling a CDS Service" and "CDS Service Response".
"""

import asyncio
import logging
import time
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

import hooks
from hooks.cards import CardsResponse, Source
from hooks.request import HookRequest, read_request
from prefetch.chart import Chart, refuse_other_patients, selected_drafts
from prefetch.gather import Gatherer
from rules._cards import Call
from rules._evaluate import Evaluation, applicable, evaluate
from rules._rule import Rule
from service.body import read_body
from service.state import State

_log: Final = logging.getLogger("cardwise.calls")
# Of the deadline, this much is kept for evaluating and answering once the data is in.
_MARGIN: Final = 0.15


async def invoke(request: Request) -> Response:
    """Answer one call of a service."""
    started = time.perf_counter()
    state: State = request.app.state.cardwise
    call = read_request(await read_body(request, state.settings.max_body), hooks.contexts())
    service_id = request.path_params["service_id"]
    offered = state.catalog.rules(service_id, call.hook)
    refuse_other_patients(call.context)
    drafts = selected_drafts(call.context)
    rules = applicable(offered, call.hook, drafts)
    chart = await _chart(state, call, rules)
    result = evaluate(rules, chart, state.knowledge, _call(state, call), drafts)
    _note(service_id, call, rules, chart, result, started)
    body = CardsResponse(cards=tuple(result.cards)).to_json()
    return Response(body, media_type="application/json")


async def _chart(state: State, call: HookRequest, rules: list[Rule]) -> Chart:
    seconds = state.settings.deadline * (1 - _MARGIN)
    gatherer = Gatherer(
        state.fhir,
        state.settings.servers,
        call,
        state.clock().date(),
        asyncio.get_running_loop().time() + seconds,
    )
    required = [need for rule in rules for need in rule.needs]
    return await gatherer.chart(required, [need for rule in rules for need in rule.helped_by])


def _call(state: State, call: HookRequest) -> Call:
    base = state.settings.base_url
    return Call(
        hook_instance=call.hook_instance,
        drafts=frozenset(
            f"{r.get('resourceType')}/{r.get('id')}" for r in call.context.draft_resources
        ),
        pages=f"{base}/rules",
        own_source=Source(label="Cardwise", url=base),
    )


def _note(  # noqa: PLR0913, PLR0917 - one line that says all there is to say of a call
    service_id: str,
    call: HookRequest,
    rules: list[Rule],
    chart: Chart,
    result: Evaluation,
    started: float,
) -> None:
    """Log the call: nothing of the patient, only how it went."""
    keys = {need.key for rule in rules for need in rule.needs}
    states = {key: data.reason or data.state for key in keys if (data := chart.data(key))}
    _log.info(
        "%s %s: %d cards, ran %s, failed %s, data %s, %.1f ms",
        service_id,
        call.hook,
        len(result.cards),
        ",".join(result.ran) or "none",
        ",".join(result.failed) or "none",
        ",".join(f"{key}={state}" for key, state in sorted(states.items())) or "none",
        (time.perf_counter() - started) * 1000,
    )
