"""Acts on cards: taking suggestions, and dismissing with a reason; the service is told of both.

Standard: CDS Hooks 3.0.0-ballot, "Suggestion", "Action", "Feedback". All actions of the chosen
suggestions are carried out together or not at all.
"""

from collections.abc import Mapping
from typing import Any, Final

from service.demo import cards, writeback
from service.demo.calls import now, send_feedback
from service.demo.cards import Shown, picked
from service.demo.ordering import ended, recheck
from service.demo.visit import Visit

Json = dict[str, Any]

_LONGEST: Final = 500


async def accept(visit: Visit, card_id: str, wanted: list[str]) -> None:
    """Take suggestions of a card, by their numbers."""
    shown = _open(visit, card_id)
    if shown is None:
        return
    chosen = shown.chosen(wanted)
    if not chosen:
        visit.desk.say("problem", "Choose a suggestion first.")
        return
    honoured = [visit.vendor.honoured(suggestion) for suggestion in chosen]
    seen = {order.reference: order for order in await visit.orders()}
    exchange = visit.desk.exchange(shown.hook_instance)
    seen |= exchange.seen if exchange else {}
    plan = writeback.plan([s for s, _ in honoured], seen, visit.desk.patient, visit.desk.session)
    if plan.problem:
        visit.desk.say("problem", f"Nothing was changed. {plan.problem}")
        return
    labels = ", ".join(str(suggestion["label"]) for suggestion in chosen)
    if plan.changes:
        written = await writeback.write(visit.writer, plan.changes)
        if not ended(visit, written, labels):
            return
    _say_left_out(visit, [each for _, left in honoured for each in left])
    shown.state, shown.told = "accepted", f"Accepted: {labels}"
    uuids = [{"id": s["uuid"]} for s in chosen if s.get("uuid")]
    if uuids:
        await _report(visit, shown, "accepted", {"acceptedSuggestions": uuids})
    if plan.changes:  # what is drafted now is checked as any draft is
        await recheck(visit)


async def dismiss(visit: Visit, card_id: str, reason_number: str, comment: str) -> None:
    """Dismiss a card; a critical one that lists reasons asks for one, or for a comment."""
    shown = _open(visit, card_id)
    if shown is None:
        return
    reason = picked(shown.reasons, reason_number)
    comment = comment.strip()[:_LONGEST]
    if shown.indicator == "critical" and not (reason or comment):
        visit.desk.say("problem", "To dismiss a critical card, give a reason.")
        return
    told = " - ".join(filter(None, (str(reason["display"]) if reason else "", comment)))
    shown.state, shown.told = "overridden", f"Dismissed{': ' if told else ''}{told}"
    if shown.is_lasting:
        visit.desk.overridden[shown.topic] = told or "without a reason"
    visit.desk.say("done", "The card is dismissed.")
    override: Json = {"reason": reason} if reason else {}
    override |= {"userComment": comment} if comment else {}
    await _report(visit, shown, "overridden", {"overrideReason": override} if override else {})


def _open(visit: Visit, card_id: str) -> Shown | None:
    """The card, if it can still be acted upon; a card is acted upon once."""
    shown = visit.desk.card(card_id)
    if shown is None:
        visit.desk.say("problem", "This card was replaced by a later answer.")
    elif shown.state != "open":
        visit.desk.say("done", f"Done already. {shown.told}.")
        return None
    return shown


def _say_left_out(visit: Visit, left_out: list[str]) -> None:
    if left_out:
        told = "; ".join(left_out)
        visit.desk.say("problem", f"{visit.vendor.label} carries out only a part. Left out: {told}")


async def _report(visit: Visit, shown: Shown, outcome: str, more: Mapping[str, Any]) -> None:
    exchange = visit.desk.exchange(shown.hook_instance)
    feedback = cards.feedback(shown, outcome, now(visit), more)
    if exchange is not None and feedback:
        await send_feedback(visit, exchange, feedback)
