"""Feedback as it is kept: joined to the card it is about, and once however often it is sent."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, select

from hooks.feedback import Feedback
from service.store.rows import Row, insert_once, stored
from service.store.tables import FEEDBACK, ISSUED

_AT_ONCE: Final = 500  # databases take only so many values in one query
_CARD: Final = (ISSUED.c.card, ISSUED.c.hook_instance, ISSUED.c.rule, ISSUED.c.rule_version)


@dataclass(frozen=True, slots=True)
class Delivery:
    """Feedback that came in one request.

    Attributes:
        tenant: whose caller sent it; "" where no tenants are configured.
        service: the service it was sent to.
        items: the feedback, in the order it was sent.
        received: when it came.
    """

    tenant: str
    service: str
    items: Sequence[Feedback]
    received: datetime

    def store(self, connection: Connection) -> list[int]:
        """Store what is about cards that were shown; return the places of the rest.

        Cards of another tenant, or another service, are as unknown as those never issued.
        """
        cards = self._issued(connection)
        rows = [self._row(item, cards[item.card]) for item in self.items if item.card in cards]
        insert_once(connection, FEEDBACK, rows)
        return [place for place, item in enumerate(self.items) if item.card not in cards]

    def _issued(self, connection: Connection) -> dict[str, Row]:
        """The cards it is about that were shown to this tenant by this service."""
        names = list({item.card for item in self.items if "\x00" not in item.card})
        found: dict[str, Row] = {}
        for start in range(0, len(names), _AT_ONCE):
            query = select(*_CARD).where(
                ISSUED.c.card.in_(names[start : start + _AT_ONCE]),
                ISSUED.c.tenant == self.tenant,
                ISSUED.c.service == self.service,
            )
            found |= {row["card"]: dict(row) for row in connection.execute(query).mappings()}
        return found

    def _row(self, item: Feedback, card: Row) -> Row:
        content = _content(self.service, item)
        named = (self.tenant, *content.values()) if self.tenant else tuple(content.values())
        return {
            "identity": hashlib.sha256(repr(named).encode()).hexdigest(),
            **content,
            "acted_at": item.at,
            "received_at": self.received,
            "tenant": self.tenant,
            "hook_instance": card["hook_instance"],
            "rule": card["rule"],
            "rule_version": card["rule_version"],
        }


def _content(service: str, item: Feedback) -> dict[str, Any]:
    """What makes feedback the same feedback when it is sent again."""
    override = item.overrideReason
    reason = override.reason if override else None
    return {
        "service": service,
        "card": item.card,
        "outcome": item.outcome,
        "suggestions": stored(",".join(sorted(s.id for s in item.acceptedSuggestions))),
        "reason_system": stored(reason.system if reason else None),
        "reason_code": stored(reason.code if reason else None),
        "reason_display": stored(reason.display if reason else None),
        "comment": stored(override.userComment if override else None),
        "extension": json.dumps(override.extension) if override and override.extension else None,
        "acted_at": item.at.astimezone(UTC).isoformat(),
    }
