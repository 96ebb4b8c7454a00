"""`GET /cds-services`: what is offered.

Standard: CDS Hooks 3.0.0-ballot, "Discovery".
"""

from starlette.requests import Request
from starlette.responses import Response

from service.state import State


async def discovery(request: Request) -> Response:
    """The services and the data they would like prefetched."""
    state: State = request.app.state.cardwise
    return Response(state.catalog.discovery, media_type="application/json")
