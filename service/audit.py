"""Has each call kept in the audit trail: who called, what ran on which data, what was shown.

The patient and the user are kept as keyed hashes, unless the tenant wants their ids. No other
part of a request's content is kept.
"""

import time
from collections.abc import Iterable
from functools import wraps
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from hooks.cards import Card
from hooks.request import HookRequest
from prefetch.data import Data
from rules._rule import Rule
from service import __version__
from service.catalog import SERVICES
from service.outcomes import status_of
from service.record import Record
from service.state import State
from service.store.rows import Row, stored
from service.store.store import Noted
from service.tenants.sites import Site
from service.trust.gate import Handler

# Longest texts of a caller's that are kept; more would be somebody filling the disk.
_LONGEST: Final = 255
_LEAST_PATIENCE: Final = 0.1  # seconds for a commit, however late the answer is
# Who speaks on a card about what could not be checked, instead of a rule.
_NOT_CHECKED: Final = ("not-checked", __version__)


def audited(handler: Handler) -> Handler:
    """The handler, with each of its calls noted before it is answered, whatever the answer is."""

    @wraps(handler)
    async def noted(request: Request) -> Response:
        started = time.perf_counter()
        try:
            answer = await handler(request)
        except Exception as error:
            await _note(request, status_of(error), started)
            raise
        await _note(request, answer.status_code, started)
        return answer

    return noted


async def _note(request: Request, status: int, started: float) -> None:
    state: State = request.app.state.cardwise
    site: Site = request.state.site
    seconds = time.perf_counter() - started
    patience = max(site.deadline - seconds, _LEAST_PATIENCE)
    await state.store.note(_noted(request, state, status, seconds), patience)


def _noted(request: Request, state: State, status: int, seconds: float) -> Noted:
    site: Site = request.state.site
    # taken, not read: the server keeps the scope until the connection's next request, and a chart
    # that lives so long on each connection costs a quarter of the calls
    call: HookRequest | None = request.scope["state"].pop("call", None)
    record: Record | None = request.scope["state"].pop("record", None)
    cards = _cards(record)
    row = {
        "at": state.clock(),
        "request_id": stored(getattr(request.state, "request_id", None), _LONGEST),
        "tenant": site.id,
        "issuer": stored(request.state.issuer, _LONGEST),
        "service": _known(request.path_params["service_id"]),
        "status": status,
        "microseconds": round(seconds * 1e6),
        **_subjects(call, site, state),
        "rules": _json(_rules(record) if record else ()),
        "data": _json(map(_datum, record.pieces) if record else ()),
        "cards": _json(cards),
    }
    issued = [
        {
            "card": card["uuid"],
            "tenant": site.id,
            "service": row["service"],
            "hook_instance": row["hook_instance"],
            "rule": card["rule"],
            "rule_version": card["version"],
            "at": row["at"],
        }
        for card in cards
        if card["shown"]
    ]
    return Noted(row, issued)


def _known(service: str) -> str:
    """The service, if there is one of that name; anything else could be anything."""
    return service if any(service == each.id for each in SERVICES) else ""


def _subjects(call: HookRequest | None, site: Site, state: State) -> Row:
    """What the envelope says: the hook, the call, and for whom; nothing where it was unreadable."""
    clear = site.tenant is not None and site.tenant.audit_ids
    found: Row = {
        "ids": "clear" if clear else "hashed",
        "hook": None,
        "hook_instance": None,
        "patient_id": None,
        "user_id": None,
    }
    if call is None:
        return found

    def kept(kind: str, value: str) -> str:
        return stored(value, _LONGEST) if clear else state.store.key.hashed(site.id, kind, value)

    return found | {
        "hook": call.hook,
        "hook_instance": stored(call.hook_instance, _LONGEST),
        "patient_id": kept("patient", call.context.patient_id),
        "user_id": kept("user", call.context.user_id),
    }


def _rules(record: Record) -> Iterable[Row]:
    ends = record.ends
    for rule in record.rules:
        yield {
            "id": rule.id,
            "version": rule.version,
            "digest": rule.digest,
            "status": rule.status,
            "end": ends[rule.id],
        }


def _datum(piece: Data) -> Row:
    reason = {"reason": piece.reason} if piece.reason else {}
    return {"key": piece.need.key, "state": piece.state, **reason}


def _cards(record: Record | None) -> list[Row]:
    """Every card that was made, those of rules in shadow among them."""
    if record is None or record.result is None:
        return []
    shown = {card.uuid for card in record.result.cards}
    made = {card.uuid: (card, _of(rule)) for rule, card in record.result.fired}
    for card in record.result.cards:
        made.setdefault(card.uuid, (card, _NOT_CHECKED))
    return [_card(card, rule, card.uuid in shown) for card, rule in made.values()]


def _of(rule: Rule) -> tuple[str, str]:
    return rule.id, rule.version


def _card(card: Card, rule: tuple[str, str], shown: bool) -> Row:
    name, version = rule
    return {
        "uuid": card.uuid,
        "rule": name,
        "version": version,
        "indicator": card.indicator,
        "shown": shown,
    }


def _json(parts: Iterable[Any]) -> str:
    return msgspec.json.encode(list(parts)).decode()
