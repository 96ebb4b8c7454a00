"""The demo's addresses: who is on the list, a chart at its desk, and the acts that are done there.

Every act is a form. Without script its answer is the chart's page again; with script, it is the
part of the page that changes.
"""

import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from service.demo import answering, case, charts, drugs, ordering, switches
from service.demo.calls import fire
from service.demo.desk import Desk, Session
from service.demo.ehr import Ehr
from service.demo.exchange import Exchange
from service.demo.fhir import Fhir
from service.demo.forms import Form, field, read_form
from service.demo.front import PATHS
from service.demo.patient import person
from service.demo.rendering import page
from service.demo.reset import reset
from service.demo.view import can_be_a_case, desk_view
from service.demo.visit import Visit
from service.settings import Settings

COOKIE: Final = "cardwise_demo"
_ANY: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104 - to tell them, not to listen
_ID: Final = re.compile(r"(?!\.+$)[A-Za-z0-9.-]{1,64}")  # as FHIR has it, and no way up a path
Act = Callable[[Visit, Form, str], Awaitable[None]]


def routes(ehr: Ehr, settings: Settings) -> list[BaseRoute]:
    """The FHIR server, and the pages; with tenants no pages, as their calls would need a token."""
    served = ehr.routes()
    if settings.shows_demo:
        served.append(Mount("/demo", _application(ehr, settings)))
    return served


def _application(ehr: Ehr, settings: Settings) -> Starlette:
    app = Starlette(
        routes=[
            Mount("/static", StaticFiles(directory=Path(__file__).parent / "static")),
            Route("/", patients, methods=["GET"]),
            Route("/drugs", drug_list, methods=["GET"]),
            Route("/patients/{patient}", chart, methods=["GET"]),
            Route("/patients/{patient}/calls/{call}/{rule}.json", saved_case, methods=["GET"]),
            Route("/patients/{patient}/calls/{call}/{rule}/chart.json", saved_chart),
            Route("/patients/{patient}/{act}", act, methods=["POST"]),
            Route("/patients/{patient}/{act}/{item}", act, methods=["POST"]),
        ],
        exception_handlers={httpx.HTTPError: _unreachable, HTTPException: _refused},
    )
    app.state.ehr = ehr
    app.state.settings = settings
    return app


async def patients(request: Request) -> Response:
    """Everybody on the FHIR server, those of the demo with what they show."""
    ehr: Ehr = request.app.state.ehr
    fhir = Fhir(ehr.http, _origin(request) + PATHS["working"], ehr.token)
    today = ehr.clock().date()
    people = {p.id: p for p in (person(r, today) for r in await fhir.search("Patient"))}
    ours = [(people.pop(name), charts.PURPOSES[name]) for name in charts.names() if name in people]
    theirs = [(who, "") for who in people.values()]
    return page("patients.html", people=[*ours, *theirs])


async def drug_list(request: Request) -> Response:
    """The products that a search finds, as a part of the page."""
    sought = request.query_params.get("q", "")
    return page("drugs.html", sought=sought, found=drugs.search(sought))


async def chart(request: Request) -> Response:
    """A chart. Opening it is an act of its own: script does it at once, else a button."""
    session = _session(request)
    answer = await _page(request, session, "chart.html", request.query_params.get("q", ""))
    answer.set_cookie(
        COOKIE,
        session.id,
        path=request.scope["root_path"],
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return answer


async def act(request: Request) -> Response:
    """Do something at the desk; acts at one desk happen one after the other."""
    form = await read_form(request)
    found = _ACTS.get(request.path_params["act"])
    session = request.app.state.ehr.sessions.get(request.cookies.get(COOKIE, ""))
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    if session is None:
        raise HTTPException(HTTPStatus.FORBIDDEN)
    if found is _switch:
        session.switches = switches.read(form)
    visit = _visit(request, session)
    async with visit.desk.lock:
        await found(visit, form, request.path_params.get("item", ""))
        visit.desk.turn += 1
        if "x-part" in request.headers:
            return await _page(request, session, "desk.html")
    return RedirectResponse(_address(request, visit.desk), HTTPStatus.SEE_OTHER)


async def saved_case(request: Request) -> Response:
    """A call as a case of a rule, to be kept as a file."""
    exchange, kept, rule = await _kept(request)
    patient = request.path_params["patient"]
    content = case.case(exchange, patient, rule, kept, exchange.at[:10])
    return _file(case.file(content), f"{case.name(exchange, rule)}.json")


async def saved_chart(request: Request) -> Response:
    """The chart of a call, to be kept beside the case where the case is not of a shared one."""
    exchange, kept, rule = await _kept(request)
    return _file(case.file(kept), case.chart_name(exchange, rule))


async def _kept(request: Request) -> tuple[Exchange, dict[str, Any], str]:
    """A remembered call, its chart, and the rule that was asked for."""
    visit = _visit(request, _session(request))
    exchange = visit.desk.exchange(request.path_params["call"])
    told = visit.ehr.watch.explanation(exchange.hook_instance) if exchange else None
    rule = request.path_params["rule"]
    if exchange is None or told is None or not can_be_a_case(exchange, told):
        raise HTTPException(HTTPStatus.NOT_FOUND)
    if rule not in {each.id for each in told.rules}:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    kept = await case.chart_of(visit.chart, visit.desk.patient, set(exchange.seen))
    return exchange, kept, rule


async def _page(request: Request, session: Session, template: str, sought: str = "") -> Response:
    visit = _visit(request, session)
    values = await desk_view(visit, sought)
    if values is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return page(template, here=_address(request, visit.desk), **values)


def _file(content: bytes, name: str) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, headers=headers, media_type="application/json")


def _session(request: Request) -> Session:
    sessions = request.app.state.ehr.sessions
    found: Session | None = sessions.get(request.cookies.get(COOKIE, ""))
    return found or sessions.new()


def _visit(request: Request, session: Session) -> Visit:
    patient = request.path_params["patient"]
    if not _ID.fullmatch(patient):
        raise HTTPException(HTTPStatus.NOT_FOUND)
    desk = session.desk(patient)
    return Visit(request.app.state.ehr, desk, session.switches, _origin(request))


def _origin(request: Request) -> str:
    """Where this process answers: taken from the socket, since a Host header may say anything."""
    host, port = request.scope.get("server") or ("127.0.0.1", None)
    settings: Settings = request.app.state.settings
    if settings.host in _ANY or not port:
        host = "127.0.0.1"
    named = f"[{host}]" if ":" in host else host
    return f"http://{named}:{port or settings.port}"


def _address(request: Request, desk: Desk) -> str:
    return f"{request.scope['root_path']}/patients/{quote(desk.patient, safe='')}"


async def _unreachable(request: Request, _: Exception) -> Response:
    told = f"The demo's FHIR server cannot be reached at {_origin(request)}{PATHS['working']}."
    return page("refused.html", HTTPStatus.BAD_GATEWAY, told=told)


async def _refused(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else HTTPStatus.BAD_REQUEST
    return page("refused.html", status, told=_REFUSALS.get(status, "This cannot be done."))


_REFUSALS: Final = {
    403: "This must come from a page that is open in this browser: open the chart anew.",
    404: "There is no such page or chart.",
}


async def _open(visit: Visit, _form: Form, _item: str) -> None:
    await ordering.open_chart(visit)


async def _draft(visit: Visit, form: Form, _item: str) -> None:
    await ordering.draft(visit, field(form, "key"), field(form, "code"), field(form, "words"))


async def _edit(visit: Visit, form: Form, item: str) -> None:
    directions, reason = field(form, "directions"), field(form, "reason")
    await ordering.edit(visit, item, field(form, "version"), directions, reason)


async def _remove(visit: Visit, form: Form, item: str) -> None:
    await ordering.remove(visit, item, field(form, "version"))


async def _stop(visit: Visit, form: Form, item: str) -> None:
    await ordering.stop(visit, item, field(form, "version"))


async def _sign(visit: Visit, _form: Form, _item: str) -> None:
    await ordering.sign(visit)


async def _accept(visit: Visit, form: Form, item: str) -> None:
    await answering.accept(visit, item, form.get("pick", []))


async def _dismiss(visit: Visit, form: Form, item: str) -> None:
    await answering.dismiss(visit, item, field(form, "reason"), field(form, "comment"))


async def _switch(visit: Visit, _form: Form, _item: str) -> None:
    """Ask again, so that what was switched can be seen."""
    await fire(visit, "patient-view")
    await ordering.recheck(visit)


async def _reset(visit: Visit, _form: Form, _item: str) -> None:
    await reset(visit)


_ACTS: Final[dict[str, Act]] = {
    "open": _open,
    "draft": _draft,
    "edit": _edit,
    "remove": _remove,
    "stop": _stop,
    "sign": _sign,
    "accept": _accept,
    "dismiss": _dismiss,
    "switch": _switch,
    "reset": _reset,
}
