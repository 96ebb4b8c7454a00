"""The application: its routes, what it holds, and how errors leave it."""

import logging
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp

from hooks.errors import RequestError
from prefetch.client import FhirClient
from rules import _actions
from rules._knowledge.knowledge import Knowledge
from rules._load import load
from service import collector, demo, pages
from service.audit import audited
from service.discovery import discovery
from service.feedback import feedback
from service.invoke import invoke
from service.metrics import Metrics
from service.metrics import metrics as metrics_page
from service.outcomes import LastResort, on_defect, on_http_exception, on_request_error
from service.settings import Settings
from service.state import State
from service.store.opening import open_store
from service.store.retention import retained
from service.tenants.reload import Tenants
from service.trust.gate import guarded


def create_app(
    settings: Settings,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    fhir_transport: httpx.AsyncBaseTransport | None = None,
    keys_transport: httpx.AsyncBaseTransport | None = None,
) -> ASGIApp:
    """Make the application.

    Args:
        settings: what was set.
        clock: tells the time, with its zone.
        fhir_transport: another way to FHIR servers than the network.
        keys_transport: another way to callers' key sets than the network.

    Raises:
        ConfigurationError: one line for each setting that cannot be used, or is not safe.
    """
    tenants = Tenants(settings, load(), clock, keys_transport)
    fhir = FhirClient(transport=fhir_transport, cache_seconds=settings.cache_seconds)
    app = Starlette(
        routes=_routes(settings),
        exception_handlers={
            RequestError: on_request_error,
            HTTPException: on_http_exception,
            Exception: on_defect,
        },
        lifespan=_lifespan,
    )
    app.state.cardwise = _state(settings, tenants, fhir, clock)
    app.state.tenants = tenants
    # outermost, so that answers to errors can be read by browsers too
    return CORSMiddleware(
        LastResort(app),
        allow_origins=sorted(settings.origins),
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization", "Content-Type", "Accept"],
        expose_headers=["WWW-Authenticate", "Retry-After"],
        max_age=600,
    )


def _state(
    settings: Settings, tenants: Tenants, fhir: FhirClient, clock: Callable[[], datetime]
) -> State:
    metrics = Metrics()
    return State(
        settings=settings,
        catalog=tenants.gate.everyone.catalog,
        knowledge=Knowledge.shipped(),
        fhir=fhir,
        store=open_store(settings, metrics),
        metrics=metrics,
        gate=tenants.gate,
        clock=clock,
    )


def from_environment() -> ASGIApp:
    """Make the application for a server of one's own, such as `uvicorn --factory`."""
    logging.getLogger("httpx").setLevel(logging.WARNING)  # its lines quote URLs with patient ids
    return create_app(Settings.from_environment(os.environ))


def _routes(settings: Settings) -> list[BaseRoute]:
    offers = guarded(discovery, opened=settings.open_discovery)
    routes: list[BaseRoute] = [
        Route("/cds-services", offers, methods=["GET"]),
        Route("/cds-services/{service_id}", guarded(audited(invoke)), methods=["POST"]),
        Route("/cds-services/{service_id}/feedback", guarded(feedback), methods=["POST"]),
        Route("/rules", pages.rule_list, methods=["GET"]),
        Route("/rules/{rule_id}", pages.rule_page, methods=["GET"]),
        Route("/healthz", pages.health, methods=["GET"]),
        Route("/metrics", metrics_page, methods=["GET"]),
        Route("/", pages.front, methods=["GET"]),
    ]
    if settings.development:
        routes.append(Mount("/demo/fhir", demo.fhir_server().app))
    return routes


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    state: State = app.state.cardwise
    _actions.warm_up()
    collector.tune()
    async with retained(state.store, state.settings.retention_days, state.clock):
        with app.state.tenants.reloaded_by_signal():
            yield
    await state.gate.keys.aclose()
    await state.fhir.aclose()
    await state.store.aclose()
