"""Four missing keys, each read from a FHIR server that answers after 50 ms.

The gatherer reads them at once over real sockets; one after another would take 200 ms. Run as a
module, this is the FHIR server.
"""

import asyncio
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from statistics import median, quantiles
from typing import Final

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import hooks
from hooks.request import HookRequest, read_request
from prefetch import needs
from prefetch.client import FhirClient
from prefetch.gather import Gatherer
from prefetch.needs import Need
from prefetch.origins import AllowedServers
from service import collector
from tests.benchmarks import body
from tests.benchmarks.load import serving

DELAY: Final = 0.05
_CONDITIONS: Final = Need(
    "conditions", "Condition?patient={{context.patientId}}", "Condition", "problem list"
)
_OBSERVATIONS: Final = Need(
    "observations", "Observation?patient={{context.patientId}}", "Observation", "results"
)
_NEEDS: Final = (needs.allergies, needs.medications, _CONDITIONS, _OBSERVATIONS)
_LISTS: Final[dict[str, Callable[[], list[body.Json]]]] = {
    "AllergyIntolerance": partial(body.allergies, 10),
    "MedicationRequest": partial(body.medications, 60),
    "Condition": partial(body.conditions, 60),
    "Observation": partial(body.observations, 60),
}


@dataclass(frozen=True, slots=True)
class Times:
    """How long gathering took, in seconds: the first call, which connects, and later ones."""

    first: float
    p50: float
    p99: float


def measure(calls: int) -> Times:
    """Gather the four keys so many times, one call after another."""
    with serving("tests.benchmarks.missing_keys") as server:
        first, *rest = asyncio.run(_gather(f"http://127.0.0.1:{server.port}/fhir", calls + 1))
    return Times(first, median(rest), quantiles(rest, n=100)[98])


async def _gather(base: str, calls: int) -> list[float]:
    client = FhirClient()
    request = _request(base)
    collector.tune()  # as the service does before it serves
    seconds = [await _call(client, request) for _ in range(calls)]
    await client.aclose()
    return seconds


async def _call(client: FhirClient, request: HookRequest) -> float:
    began = time.perf_counter()
    servers = AllowedServers(loopback=True)
    deadline = asyncio.get_running_loop().time() + 2
    gatherer = Gatherer(client, servers, request, date(2026, 11, 21), deadline)
    chart = await gatherer.chart(_NEEDS)
    found = {need.key: chart.data(need.key) for need in _NEEDS}
    counts = {key: len(list(data)) for key, data in found.items() if data is not None}
    seconds = time.perf_counter() - began
    assert sum(counts.values()) == 190, counts
    return seconds


def _request(base: str) -> HookRequest:
    """The benchmark's request with nothing prefetched, from an EHR at this base."""
    bare = body.request() | {"fhirServer": base, "prefetch": {}}
    return read_request(msgspec.json.encode(bare), hooks.contexts())


def _app() -> Starlette:
    answers = {kind: msgspec.json.encode(body.searchset(make())) for kind, make in _LISTS.items()}

    async def search(request: Request) -> Response:
        await asyncio.sleep(DELAY)
        kind = request.path_params["kind"]
        return Response(answers[kind], media_type="application/fhir+json")

    return Starlette(routes=[Route("/fhir/{kind}", search)])


def _serve() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    sys.stdout.write(f"A slow FHIR server at http://127.0.0.1:{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    config = uvicorn.Config(_app(), access_log=False, log_level="warning")
    with listener:
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    _serve()
