"""Putting a chart's orders back as they came, for everybody who has it open."""

from service.demo import charts
from service.demo.orders import Order, shown
from service.demo.visit import Visit
from service.demo.writeback import Change, write


async def reset(visit: Visit) -> None:
    """Remove what was ordered on a chart of the demo, and undo what was stopped."""
    desk = visit.desk
    if desk.patient not in charts.PURPOSES:
        return
    entries = charts.load(desk.patient)["entry"]
    own = [e["resource"] for e in entries if e["resource"]["resourceType"] == "MedicationRequest"]
    first = {order.reference: order for order in map(shown, own)}
    changes = [change for order in await visit.orders() if (change := _back(order, first))]
    if changes and (await write(visit.chart, changes)).outcome != "written":
        desk.say("problem", "The chart could not be put back; somebody is at work on it.")
        return
    desk.finish()
    desk.begin_anew()
    desk.say("done", "The chart's orders are as they came.")


def _back(order: Order, first: dict[str, Order]) -> Change | None:
    """What puts one order back; None when it is as it came."""
    before = first.get(order.reference)
    if before is None:
        return Change("delete", order.reference, order.version)
    now = {name: value for name, value in order.resource.items() if name != "meta"}
    if now == before.resource:
        return None
    return Change("update", order.reference, order.version, before.resource)
