"""Acts of ordering: drafting, editing, removing, signing and stopping, each firing its hook.

A hook's answer is read before anything is signed: cards that warn are shown first, and a critical
one must be decided on, by taking its suggestion or by overriding it with a reason.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from rules._knowledge.knowledge import Knowledge
from service.demo import orders, writeback
from service.demo.calls import fire
from service.demo.desk import stamp
from service.demo.fhir import Written
from service.demo.orders import Order
from service.demo.visit import Visit

MOST_DRAFTS: Final = 20
MOST_ORDERS: Final = 300
_FATES: Final = {
    "conflict": "Somebody else has changed it meanwhile. Nothing was written; "
    "this is how it is now.",
    "refused": "The FHIR server refused it. Nothing was written.",
    "unanswered": "No answer came, so it is not known whether it was written. "
    "To do it again is safe: nothing is written twice.",
}


async def open_chart(visit: Visit) -> None:
    """Open the chart: earlier advice goes, patient-view is fired, and drafts are checked anew."""
    visit.desk.begin_anew()
    await fire(visit, "patient-view")
    await recheck(visit)


async def draft(visit: Visit, key: str, code: str, words: str) -> None:
    """Draft an order for a product, or for a drug in words, and fire order-select for it.

    The page keeps its key until an act is known to be done, so the same key and drug are the same
    act, however often it is sent.
    """
    product = Knowledge.shipped().product(code)
    named = product[0] if product else words.strip()[: orders.LONGEST]
    act = str(uuid5(NAMESPACE_URL, f"{key}|{named}"))
    if not named:
        return
    if act in visit.desk.acts:
        visit.desk.say("done", f"Drafted already: {named}.")
        return
    before = await visit.orders()
    mine = orders.drafts_of(before, visit.desk.session)
    if len(mine) >= MOST_DRAFTS or len(before) >= MOST_ORDERS:
        visit.desk.say("problem", "There are too many orders here; sign, remove, or reset some.")
        return
    drug = orders.coded(code, named) if product else {"text": named}
    resource = orders.draft(visit.desk.patient, visit.desk.session, act, drug)
    written = await writeback.write(visit.writer, [writeback.create(resource)])
    if ended(visit, written, f"Drafted: {named}"):
        visit.desk.done(act)
        await select(visit, f"urn:uuid:{act}")


async def edit(visit: Visit, order_id: str, version: str, directions: str, reason: str) -> None:
    """Change a draft's directions and reason, and fire order-select for it."""
    order = _named(await visit.drafts(), order_id)
    if order is None:
        visit.desk.say("problem", "This draft is not there any more.")
        return
    resource = orders.edited(order.resource, directions.strip(), reason)
    change = writeback.Change("update", order.reference, version, resource)
    written = await writeback.write(visit.writer, [change])
    if ended(visit, written, f"Changed: {order.drug}", kept=directions):
        await select(visit, order.reference)


async def remove(visit: Visit, order_id: str, version: str) -> None:
    """Remove a draft; the drafts that are left are checked anew."""
    order = _named(await visit.drafts(), order_id)
    if order is None:
        visit.desk.say("done", "It is removed already.")
        return
    change = writeback.Change("delete", order.reference, version)
    if ended(visit, await writeback.write(visit.writer, [change]), f"Removed: {order.drug}"):
        await recheck(visit)


async def stop(visit: Visit, order_id: str, version: str) -> None:
    """Stop an order on the patient's list."""
    order = _named(await visit.orders(), order_id)
    if order is None or order.status == "stopped":
        visit.desk.say("done", "It is stopped already.")
        return
    change = writeback.Change("update", order.reference, version, orders.stopped(order.resource))
    ended(visit, await writeback.write(visit.writer, [change]), f"Stopped: {order.drug}")


async def sign(visit: Visit) -> None:
    """Fire order-sign for all drafts, and sign them once its cards are read and decided on."""
    desk, drafts = visit.desk, await visit.drafts()
    if not drafts:
        desk.finish()
        desk.say("done", "There is nothing to sign; the list shows what is signed already.")
        return
    if desk.reviewed != stamp(drafts):
        await fire(visit, "order-sign", drafts)
        desk.reviewed = stamp(drafts)
        if desk.undecided("order-sign", "critical", "warning"):
            desk.say("problem", "Not signed yet: read the cards first, then sign.")
            return
    if open_cards := desk.undecided("order-sign", "critical"):
        told = "1 critical card" if len(open_cards) == 1 else f"{len(open_cards)} critical cards"
        desk.say("problem", f"Not signed: {told} to decide on, or to dismiss with a reason.")
        return
    await _store(visit, drafts, visit.ehr.clock())


async def _store(visit: Visit, drafts: Sequence[Order], now: datetime) -> None:
    changes = [writeback.update(each, orders.signed(each.resource, now)) for each in drafts]
    named = ", ".join(each.drug for each in drafts)
    written = await writeback.write(visit.writer, changes)
    if ended(visit, written, f"Signed: {named}"):
        visit.desk.finish()
    elif written.outcome == "conflict":
        visit.desk.reviewed = ""


async def select(visit: Visit, chosen: str) -> None:
    """Fire order-select for one draft, named by its reference or by the UUID of its act."""
    drafts = await visit.drafts()
    picked = [draft.reference for draft in drafts if chosen in (draft.reference, draft.act)]
    if picked:
        await fire(visit, "order-select", drafts, picked)


async def recheck(visit: Visit) -> None:
    """Have the drafts that are left checked; cards about orders that are gone, go."""
    drafts = await visit.drafts()
    if drafts:
        await fire(visit, "order-select", drafts, [draft.reference for draft in drafts])
    else:
        kept = [c for c in visit.desk.cards if c.hook == "patient-view" or c.state != "open"]
        visit.desk.cards = kept


def ended(visit: Visit, written: Written, done: str, *, kept: str = "") -> bool:
    """Say how a write ended; True when it is done."""
    if written.outcome == "written":
        visit.desk.say("done", f"{done}. {written.told}".strip())
        return True
    typed = f" You had written: “{kept}”" if kept else ""
    visit.desk.say("problem", f"{_FATES[written.outcome]}{typed}")
    return False


def _named(found: Sequence[Order], order_id: str) -> Order | None:
    return next((order for order in found if order.id == order_id), None)
