"""`POST /cds-services/{id}/feedback`: checked, stored, then acknowledged.

Standard: CDS Hooks 3.0.0-ballot, "Feedback".
"""

from starlette.requests import Request
from starlette.responses import Response

from hooks.feedback import read_feedback
from service.limits.body import read_body
from service.state import State
from service.tenants.sites import Site


async def feedback(request: Request) -> Response:
    """Take feedback on one card or many: all of it, or none."""
    state: State = request.app.state.cardwise
    site: Site = request.state.site
    service = site.catalog.service(request.path_params["service_id"])
    body = await read_body(request, state.settings)
    items = read_feedback(body, state.settings.max_items)
    await state.feedback.add(service.id, items, state.clock())
    return Response(status_code=200)
