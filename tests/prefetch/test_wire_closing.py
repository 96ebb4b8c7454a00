"""A deadline may strike at any moment: the pool gets every connection back."""

import asyncio
from typing import Any

from prefetch.pacing import Pacing
from prefetch.states import Reason
from prefetch.wire import Wire
from service.fhir_server import FhirServer
from tests.ehr import allergy
from tests.prefetch.servers import listening

ROUNDS = 40
AT_ONCE = 20
STEP = 0.001
TOKEN = {"Authorization": "Bearer token"}


def in_use(wire: Wire) -> list[str]:
    """The connections of the pool that are neither idle nor closed."""
    transport: Any = wire._http._transport
    found = transport._pool.connections
    return [repr(each) for each in found if not (each.is_idle() or each.is_closed())]


async def test_a_read_that_runs_out_of_time_gives_its_connection_back() -> None:
    """However far a read has come when its time is over, its connection is not lost to the pool."""
    fhir = FhirServer(base_url=None)
    fhir.load(allergy())
    wire = Wire(None, Pacing())
    clock = asyncio.get_running_loop().time
    answers = []
    async with listening(fhir.app) as base:
        url = f"{base}/AllergyIntolerance?patient=p1"
        for number in range(ROUNDS):
            end = clock() + number * STEP
            reads = (wire.get(url, TOKEN, end, 1_000_000) for _ in range(AT_ONCE))
            answers += await asyncio.gather(*reads)
        answers.append(await wire.get(url, TOKEN, clock() + 60, 1_000_000))
        left = in_use(wire)
        await wire.aclose()
    assert Reason.TIMEOUT in answers
    assert isinstance(answers[-1], bytes)
    assert left == []
