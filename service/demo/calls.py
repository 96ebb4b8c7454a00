"""Calls as a CDS client makes them: real HTTP to the service's own address, and nothing else.

Standard: CDS Hooks 3.0.0-ballot, "Calling a CDS Service", "FHIR Resource Access", "Feedback".
"""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

import httpx

from service.demo import cards, orders
from service.demo.access import LIFETIME
from service.demo.exchange import Exchange
from service.demo.orders import Order
from service.demo.prefetching import Source, prefetch
from service.demo.visit import Visit

Json = dict[str, Any]

PATIENCE: Final = 8.0  # seconds an EHR waits for a service
_READABLE: Final = (
    "AllergyIntolerance",
    "Medication",
    "MedicationAdministration",
    "MedicationRequest",
)


async def fire(
    visit: Visit, hook: str, drafts: Sequence[Order] = (), selections: Sequence[str] = ()
) -> None:
    """Fire a hook at every service that listens to it, and put up what they answer."""
    try:
        offered = await discovered(visit)
    except (httpx.HTTPError, ValueError) as error:
        told = f"no service could be found ({_words(error)})"
        visit.desk.show("", [cards.unchecked("", hook, "", told, [])])
        return
    services = [each for each in offered if each.get("hook") == hook]
    visit.desk.show("", [] if services else [_nobody_listens(hook)])
    called = [each for each in services if visit.vendor.calls(each["id"])]
    for service in services:
        if service not in called:
            visit.desk.show(service["id"], [_not_called(visit, service)])
    calls = [_exchange(visit, service, list(drafts), list(selections)) for service in called]
    for exchange in await asyncio.gather(*calls):
        visit.desk.exchanges.appendleft(exchange)
        visit.desk.show(exchange.service, _shown(exchange))


async def discovered(visit: Visit) -> list[Json]:
    """The services on offer.

    Raises:
        httpx.HTTPError: there is no answer, or an error.
        ValueError: the answer is no JSON.
    """
    answer = await visit.http.get(f"{visit.origin}/cds-services")
    found: list[Json] = answer.raise_for_status().json()["services"]
    return found


async def send_feedback(visit: Visit, exchange: Exchange, feedback: list[Json]) -> None:
    """Tell the service what became of a card; its store keeps a repeated piece once."""
    body = {"feedback": visit.vendor.feedback(feedback)}
    status = 0
    try:
        status = (await visit.http.post(f"{exchange.url}/feedback", json=body)).status_code
    except httpx.HTTPError:
        visit.desk.say("problem", "The service could not be told of it.")
    else:
        if status != HTTPStatus.OK:
            visit.desk.say("problem", f"The service did not take the feedback ({status}).")
    exchange.feedback.append((body, status))


def now(visit: Visit) -> str:
    """The time as feedback and orders have it."""
    return visit.ehr.clock().astimezone(UTC).isoformat(timespec="milliseconds")


async def _exchange(
    visit: Visit, service: Json, drafts: list[Order], selections: list[str]
) -> Exchange:
    """One call and its answer."""
    token = visit.ehr.access.issue(expired=visit.switches.server == "expired")
    context: Json = {"userId": orders.USER, "patientId": visit.desk.patient}
    source = Source(visit.http, visit.base, visit.ehr.token)
    templates = service.get("prefetch") or {}
    values, pieces = await prefetch(source, templates, context, visit.switches, visit.vendor)
    if service["hook"] == "order-select":
        context["selections"] = selections
    if service["hook"] != "patient-view":
        context["draftOrders"] = visit.vendor.bundle([draft.resource for draft in drafts])
    exchange = Exchange(
        hook=service["hook"],
        service=service["id"],
        title=_title(service),
        hook_instance=str(uuid4()),
        url=f"{visit.origin}/cds-services/{service['id']}",
        token=token,
        request={},
        drafts=drafts,
        selections=selections,
        pieces=pieces,
        at=now(visit),
    )
    exchange.request = _request(visit, exchange, context, values)
    await _send(visit, exchange)
    return exchange


def _request(visit: Visit, exchange: Exchange, context: Json, values: Json) -> Json:
    request: Json = {"hook": exchange.hook, "hookInstance": exchange.hook_instance}
    if visit.vendor.offers_server and visit.switches.server != "unoffered":
        request["fhirServer"] = visit.base
        if not visit.vendor.sandbox:
            request["fhirAuthorization"] = {
                "access_token": exchange.token,
                "token_type": "Bearer",
                "expires_in": LIFETIME,
                "scope": " ".join(f"patient/{kind}.rs" for kind in _READABLE),
                "subject": "cardwise",
                "patient": visit.desk.patient,
            }
    request["context"] = context
    return request | ({"prefetch": values} if values else {})


async def _send(visit: Visit, exchange: Exchange) -> None:
    visit.ehr.watch.announce(exchange.hook_instance)
    started = time.perf_counter()
    try:
        answer = await visit.http.post(exchange.url, json=exchange.request, timeout=PATIENCE)
        exchange.status = answer.status_code
        exchange.response = answer.json()
    except httpx.HTTPError as error:
        exchange.problem = _words(error)
    except ValueError:
        exchange.problem = "no JSON came"
    exchange.milliseconds = (time.perf_counter() - started) * 1000
    if not exchange.problem:
        exchange.problem = _problem(exchange)


def _problem(exchange: Exchange) -> str:
    """Why an answer brings no cards; "" when it does."""
    if exchange.status == HTTPStatus.PRECONDITION_FAILED:
        return "data it needs could not be had (412)"
    if exchange.status != HTTPStatus.OK:
        return f"it refused the call ({exchange.status})"
    listed = isinstance(exchange.response, dict) and exchange.response.get("cards")
    return "" if isinstance(listed, list) else "no cards in the answer"


def _shown(exchange: Exchange) -> list[cards.Shown]:
    if exchange.problem:
        why = f"{exchange.title} - {exchange.problem}"
        details = _issues(exchange.response)
        return [
            cards.unchecked(exchange.service, exchange.hook, exchange.hook_instance, why, details)
        ]
    return [
        cards.Shown(exchange.service, exchange.hook, exchange.hook_instance, card)
        for card in exchange.response["cards"]
        if isinstance(card, dict)
    ]


def _not_called(visit: Visit, service: Json) -> cards.Shown:
    told = f"{_title(service)} - {visit.vendor.label} does not call this service"
    return cards.unchecked(service["id"], service["hook"], "", told, list(visit.vendor.habits))


def _nobody_listens(hook: str) -> cards.Shown:
    return cards.unchecked("", hook, "", f"no service listens to {hook}", [])


def _title(service: Json) -> str:
    return str(service.get("title") or service["id"])


def _issues(outcome: Any) -> list[str]:
    """What an OperationOutcome says: of each issue the first sentence, as the rest is technical."""
    issues = outcome.get("issue") if isinstance(outcome, dict) else None
    found = [issue for issue in issues or [] if isinstance(issue, dict)]
    texts = [str((issue.get("details") or {}).get("text", "")) for issue in found]
    return [text.partition(". ")[0] for text in texts if text]


def _words(error: Exception) -> str:
    if isinstance(error, httpx.HTTPStatusError):
        return f"status {error.response.status_code}"
    return "no answer in time" if isinstance(error, httpx.TimeoutException) else "no answer"
