"""The application: its routes, what it holds, and how errors leave it."""

import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp
from uvicorn.config import STARTUP_FAILURE

from hooks.errors import CardwiseError, RequestError
from prefetch import breaker
from prefetch.client import FhirClient
from rules import _actions
from rules._rule import Rule
from service import collector, operators, pages
from service.audit import audited
from service.discovery import discovery
from service.feedback import feedback
from service.invoke import invoke
from service.limits.admission import Admission
from service.limits.server import bound
from service.openapi import openapi
from service.outcomes import LastResort, on_defect, on_http_exception, on_request_error
from service.rulebook import RuleBook
from service.settings import Settings
from service.shared import Shared
from service.state import State
from service.store.opening import open_store
from service.store.retention import retained
from service.telemetry import logs
from service.telemetry.health import Check, Readiness, faultless, health, ready
from service.telemetry.metrics import Metrics
from service.telemetry.reads import Breakers, Reads
from service.telemetry.requests import Requests
from service.telemetry.traces import Traces
from service.tenants.reload import Tenants
from service.tenants.upkeep import Upkeep
from service.trust.gate import guarded
from service.trust.ledger import Ledger
from service.trust.shared_ledger import SharedLedger

if TYPE_CHECKING:
    from service.demo.ehr import Ehr

# A rule that breaks as often in a row, whoever calls, rests for so many seconds.
_RULE_FAILURES = 5
_RULE_REST = 30.0


def create_app(
    settings: Settings,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    fhir_transport: httpx.AsyncBaseTransport | None = None,
    keys_transport: httpx.AsyncBaseTransport | None = None,
    rules: Sequence[Rule] | None = None,
) -> ASGIApp:
    """Make the application.

    Args:
        settings: what was set.
        clock: tells the time, with its zone.
        fhir_transport: another way to FHIR servers than the network.
        keys_transport: another way to callers' key sets than the network.
        rules: others in place of the house's.

    Raises:
        ConfigurationError: one line for each setting that cannot be used, or is not safe.
        RuleError: a rule cannot be loaded; says where and what to do.
    """
    book = RuleBook(settings.rules, watched=settings.development, rules=rules)
    tenants = Tenants(settings, book.rules, clock, keys_transport)
    ehr, demo_routes = _demo(settings, clock)
    state = _state(settings, book, tenants, clock, fhir_transport)
    if ehr:
        state = replace(state, witness=ehr.watch)
    app = Starlette(
        routes=[*_routes(settings), *demo_routes],
        exception_handlers={
            RequestError: on_request_error,
            HTTPException: on_http_exception,
            Exception: on_defect,
        },
        lifespan=_lifespan,
    )
    app.router.redirect_slashes = False  # it would repeat whatever host and path were sent
    app.state.cardwise = state
    app.state.tenants = tenants
    app.state.demo = ehr
    app.state.upkeep = Upkeep(tenants, state.shared, warm=settings.warm_keys)
    followed = book.watching(app, tenants.use)
    admitted = Admission(followed, state.metrics, settings.max_calls, settings.queue_seconds)
    # around the last resort, so that answers to errors can be read by browsers too
    shared = CORSMiddleware(
        LastResort(admitted),
        allow_origins=sorted(settings.origins),
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization", "Content-Type", "Accept", "X-Request-ID", "traceparent"],
        expose_headers=["WWW-Authenticate", "Retry-After", "X-Request-ID"],
        max_age=600,
    )
    return Requests(shared, state.metrics, state.traces)


def _state(
    settings: Settings,
    book: RuleBook,
    tenants: Tenants,
    clock: Callable[[], datetime],
    fhir_transport: httpx.AsyncBaseTransport | None,
) -> State:
    counted = Metrics()
    traces = Traces(settings.traces) if settings.traces else None
    fhir = FhirClient(
        transport=fhir_transport,
        cache_seconds=settings.cache_seconds,
        observer=Reads(counted, traces),
    )
    counted.watch(Breakers(tenants.gate, fhir))
    store = open_store(settings, counted)
    shared = Shared(settings.redis.get_secret_value()) if settings.redis else None
    checks: dict[str, Check] = {"store": store.ready}
    if shared:
        checks["redis"] = faultless("redis", shared.ready)
    return State(
        settings=settings,
        catalog=tenants.gate.everyone.catalog,
        rules=book,
        breakers=breaker.Breakers(time.monotonic, threshold=_RULE_FAILURES, rest=_RULE_REST),
        fhir=fhir,
        store=store,
        metrics=counted,
        traces=traces,
        readiness=Readiness(checks),
        gate=tenants.gate,
        ledger=_ledger(settings, lambda: clock().timestamp(), shared),
        clock=clock,
        shared=shared,
    )


def _ledger(settings: Settings, clock: Callable[[], float], shared: Shared | None) -> Ledger:
    if shared is None:
        return Ledger(clock)
    return SharedLedger(clock, shared, alone=settings.redis_down == "alone")


def from_environment() -> ASGIApp:
    """Make the application for each of our workers, and for a server such as `uvicorn --factory`.

    What it cannot be made with ends the process with the status at which uvicorn does not start
    it again.
    """
    try:
        settings = Settings.from_environment(os.environ)
        logs.configure(settings.log_level, settings.form)
        bound(settings)
        return create_app(settings)
    except CardwiseError as error:
        say(error)
        raise SystemExit(STARTUP_FAILURE) from None


def say(error: CardwiseError) -> None:
    """Say why the service does not start."""
    sys.stderr.writelines(f"cardwise: {line}\n" for line in str(error).splitlines())


def _routes(settings: Settings) -> list[BaseRoute]:
    offers = guarded(discovery, opened=settings.open_discovery)
    return [
        Route("/cds-services", offers, methods=["GET"]),
        Route("/cds-services/{service_id}", guarded(audited(invoke)), methods=["POST"]),
        Route("/cds-services/{service_id}/feedback", guarded(feedback), methods=["POST"]),
        Route("/rules", pages.rule_list, methods=["GET"]),
        Route("/rules/{rule_id}", pages.rule_page, methods=["GET"]),
        Route("/healthz", health, methods=["GET"]),
        Route("/readyz", ready, methods=["GET"]),
        Route("/openapi.json", openapi, methods=["GET"]),
        *operators.routes(settings),
        Route("/", pages.front, methods=["GET"]),
    ]


def _demo(
    settings: Settings, clock: Callable[[], datetime]
) -> "tuple[Ehr | None, list[BaseRoute]]":
    """The demo EHR and where it is; production has none."""
    if not settings.development:
        return None, []
    # imported where they are used: production need not wait for them
    from service.demo import pages as demo_pages  # noqa: PLC0415
    from service.demo.ehr import Ehr  # noqa: PLC0415

    ehr = Ehr(clock)
    return ehr, demo_pages.routes(ehr, settings)


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    state: State = app.state.cardwise
    _actions.warm_up()
    collector.tune()
    kept = retained(state.store, state.settings.retention_days, state.clock)
    async with app.state.upkeep.going_on(), kept:
        state.readiness.serving = True
        yield
        state.readiness.serving = False
    if app.state.demo is not None:
        await app.state.demo.aclose()
    if state.shared:
        await state.shared.aclose()
    await state.gate.keys.aclose()
    await state.fhir.aclose()
    await state.store.aclose()
    if state.traces:
        await state.traces.aclose()
