"""`GET /cds-services`: what is offered.

Standard: CDS Hooks 3.0.0-ballot, "Discovery".
"""

from starlette.requests import Request
from starlette.responses import Response

from service.tenants.sites import Site


async def discovery(request: Request) -> Response:
    """The services of the caller's site, and the data they would like prefetched."""
    site: Site = request.state.site
    return Response(site.catalog.discovery, media_type="application/json")
