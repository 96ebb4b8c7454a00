"""The floor: the least a CDS service on Starlette and uvicorn can do.

It parses the body with orjson and answers a card it always has ready. The server's settings and
the garbage collector are the service's, so that a ratio to it measures the service's own work.
Of the service, nothing is imported: what it holds in memory would slow this one's collector.
"""

import importlib
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_CARD: Final = {
    "uuid": "0d3a9e1c-6f0e-4a3e-9a55-6d1f4b1f7c11",
    "summary": "Amoxicillin is a penicillin; chart records anaphylaxis to penicillin",
    "detail": "- Chart: **Allergy to penicillin**; active, confirmed, criticality high\n" * 4,
    "indicator": "critical",
    "source": {"label": "Drug allergy: a 2022 practice parameter update"},
}
_ANSWER: Final = orjson.dumps({"cards": [_CARD]})


async def answer(request: Request) -> Response:
    """Parse the body, and answer the same card whatever it holds."""
    orjson.loads(await request.body())
    return Response(_ANSWER, media_type="application/json")


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    """Tune the collector as the service does: by its `service.collector.tune`, if it has one."""
    with suppress(ModuleNotFoundError):
        importlib.import_module("service.collector").tune()
    yield


def main() -> None:
    """Serve on a free port until terminated, after writing the address."""
    app = Starlette(
        routes=[Route("/cds-services/{service_id}", answer, methods=["POST"])], lifespan=lifespan
    )
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    sys.stdout.write(f"The floor at http://127.0.0.1:{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    config = uvicorn.Config(app, access_log=False, log_level="warning", server_header=False)
    with listener:
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
