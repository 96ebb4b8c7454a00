"""What the chart's page shows: the chart as the server has it, and the desk as it stands."""

from dataclasses import dataclass
from typing import Any

import httpx

from service.demo import case, charts, drugs, orders, switches, vendors
from service.demo.access import Read
from service.demo.calls import discovered
from service.demo.cards import most_urgent_first
from service.demo.exchange import Exchange
from service.demo.patient import summary
from service.demo.visit import Visit
from service.demo.watch import Explanation


@dataclass(frozen=True, slots=True)
class Glass:
    """One call behind the glass."""

    exchange: Exchange
    explanation: Explanation | None
    reads: list[Read]
    curl: str

    @property
    def can_be_a_case(self) -> bool:
        """Whether the answer says what the rules make of the chart, all of which was obtained."""
        return can_be_a_case(self.exchange, self.explanation)


def can_be_a_case(exchange: Exchange, told: Explanation | None) -> bool:
    """Whether a call was answered with cards, on data that was all obtained."""
    return not exchange.problem and told is not None and not any(key.reason for key in told.keys)


async def desk_view(visit: Visit, sought: str = "") -> dict[str, Any] | None:
    """The values for the desk's templates; None when there is no such patient.

    Raises:
        httpx.HTTPError: the demo's own FHIR server does not answer.
    """
    desk = visit.desk
    chart = await summary(visit.chart, desk.patient, visit.ehr.clock().date())
    if chart is None:
        return None
    drafts = orders.drafts_of(chart.orders, desk.session)
    return {
        "chart": chart,
        "person": chart.person,
        "desk": desk,
        "drafts": drafts,
        "listed": [order for order in chart.orders if order not in drafts],
        "cards": most_urgent_first(desk.cards),
        "notices": desk.told(),
        "reasons": orders.REASONS,
        "longest": orders.LONGEST,
        "calls": [_glass(visit, exchange) for exchange in desk.exchanges],
        "switches": visit.switches,
        "choices": {"prefetch": switches.PREFETCH, "server": switches.SERVERS},
        "vendors": [vendors.named(name) for name in vendors.names()],
        "keys": await _keys(visit),
        "sought": sought,
        "found": drugs.search(sought),
        "purpose": charts.PURPOSES.get(desk.patient, ""),
    }


def _glass(visit: Visit, exchange: Exchange) -> Glass:
    return Glass(
        exchange,
        visit.ehr.watch.explanation(exchange.hook_instance),
        visit.ehr.access.reads(exchange.token),
        case.curl(exchange),
    )


async def _keys(visit: Visit) -> list[str]:
    """Every prefetch key that a service asks for."""
    try:
        offered = await discovered(visit)
    except (httpx.HTTPError, ValueError):
        return []
    return sorted({key for service in offered for key in service.get("prefetch") or {}})
