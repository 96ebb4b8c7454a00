"""Calls to services that are not there, slow or odd: the EHR says "Not checked" each time."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from service.demo.calls import fire
from service.demo.desk import Desk
from service.demo.ehr import Ehr
from service.demo.switches import Switches
from service.demo.visit import Visit
from tests.conftest import NOW

Answering = Callable[[Request], Awaitable[Response]]
OFFER = {"services": [{"id": "odd", "hook": "patient-view", "title": "Odd", "prefetch": {}}]}


@asynccontextmanager
async def calling(discovery: Answering, service: Answering) -> AsyncIterator[Visit]:
    """A visit by an EHR whose services answer so."""
    ehr = Ehr(lambda: NOW)
    app = Starlette(
        routes=[
            Route("/cds-services", discovery),
            Route("/cds-services/odd", service, methods=["POST"]),
        ]
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as http:
        ehr.http = http
        yield Visit(ehr, Desk("child"), Switches(prefetch="none"), "http://cds.test")


def answer(response: Response) -> Answering:
    """A service that always answers so."""

    async def always(_: Request) -> Response:
        return response

    return always


async def no_time(_: Request) -> Response:
    """A service whose answer does not come."""
    raise httpx.ReadTimeout("too slow")


@pytest.mark.parametrize(
    ("service", "told"),
    [
        (answer(PlainTextResponse("oops", 500)), "no JSON"),
        (answer(JSONResponse({"resourceType": "OperationOutcome"}, 401)), "refused the call (401)"),
        (answer(JSONResponse({"issue": [{"details": None}]}, 412)), "could not be had (412)"),
        (answer(JSONResponse({})), "no cards in the answer"),
        (answer(JSONResponse([])), "no cards in the answer"),
        (answer(JSONResponse({"cards": None})), "no cards in the answer"),
        (no_time, "no answer in time"),
    ],
)
async def test_odd_answers(service: Answering, told: str) -> None:
    """Whatever comes instead of cards is a card of the EHR's own, which says why."""
    async with calling(answer(JSONResponse(OFFER)), service) as visit:
        await fire(visit, "patient-view")
    (card,) = visit.desk.cards
    assert card.indicator == "warning"
    assert card.card["summary"].startswith("Not checked: ")
    assert told in card.card["summary"]


@pytest.mark.parametrize(
    "discovery",
    [
        answer(PlainTextResponse("x")),
        answer(JSONResponse({}, 401)),
        answer(JSONResponse({"services": []})),
        no_time,
    ],
)
async def test_no_services(discovery: Answering) -> None:
    """Without discovery, or without a service for the hook, nothing is checked, and it is said."""
    async with calling(discovery, no_time) as visit:
        await fire(visit, "order-sign")
    assert [card.hook for card in visit.desk.undecided("order-sign", "warning")] == ["order-sign"]


async def test_cards_come_back_when_services_do() -> None:
    """The next answer takes the place of "Not checked"."""
    cards = {"cards": [{"summary": "A fact", "indicator": "info", "source": {"label": "S"}}, "x"]}
    async with calling(no_time, answer(JSONResponse(cards))) as visit:
        await fire(visit, "patient-view")
    assert "no service could be found" in visit.desk.cards[0].card["summary"]
    async with calling(answer(JSONResponse(OFFER)), answer(JSONResponse(cards))) as again:
        await fire(Visit(again.ehr, visit.desk, again.switches, again.origin), "patient-view")
    assert [card.card["summary"] for card in visit.desk.cards] == ["A fact"]
