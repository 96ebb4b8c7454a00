"""`POST /cds-services/{id}/feedback`: checked, stored, then acknowledged.

Standard: CDS Hooks 3.0.0-ballot, "Feedback".
"""

from starlette.requests import Request
from starlette.responses import Response

from hooks.errors import NotStored, Problem, UnknownCard
from hooks.feedback import read_feedback
from service.limits.body import read_body
from service.state import State
from service.store.feedback import Delivery
from service.tenants.sites import Site


async def feedback(request: Request) -> Response:
    """Take feedback on one card or many.

    A piece that is not of the right shape refuses all of it, for then the sender is in error. A
    piece about a card that was not shown to this caller is told of; the others are kept.
    """
    state: State = request.app.state.cardwise
    site: Site = request.state.site
    service = site.catalog.service(request.path_params["service_id"])
    body = await read_body(request, state.settings)
    items = read_feedback(body, state.settings.max_items)
    delivery = Delivery(site.id, service.id, items, state.clock())
    try:
        unknown = await state.store.deliver(delivery, site.deadline)
    except NotStored:
        state.metrics.feedback("not-stored", len(items))
        raise
    state.metrics.feedback("stored", len(items) - len(unknown))
    if unknown:
        state.metrics.feedback("unknown-card", len(unknown))
        raise UnknownCard(*map(_unknown, unknown))
    return Response(status_code=200)


def _unknown(place: int) -> Problem:
    return Problem(
        "Expected the uuid of a card that this service gave this caller; what was sent about "
        "other cards is stored.",
        f"feedback[{place}].card",
        "not-found",
    )
