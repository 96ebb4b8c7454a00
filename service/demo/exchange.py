"""One call of a service with all that can be said of it: what the glass panel shows."""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from service.demo.orders import Order
from service.demo.prefetching import Piece

Json = dict[str, Any]

MASK = "…"


@dataclass(slots=True)
class Exchange:
    """A hook fired at a service.

    Attributes:
        hook: its name.
        service: the service's id.
        title: what it calls itself.
        hook_instance: the call's id.
        url: where it was sent.
        token: the delegated token; never shown.
        request: the body as sent.
        drafts: the draft orders, before the vendor's habits.
        selections: of order-select.
        pieces: what became of each prefetch key on our side.
        at: when it was sent, ISO.
        status: of the answer; 0 when there was none.
        response: its body; None when there was none, or no JSON.
        milliseconds: until the answer.
        problem: why it brought no cards; "" when it did.
        feedback: what was sent of its cards, each with the status it was answered with.
    """

    hook: str
    service: str
    title: str
    hook_instance: str
    url: str
    token: str
    request: Json
    drafts: list[Order]
    selections: list[str]
    pieces: list[Piece]
    at: str
    status: int = 0
    response: Any = None
    milliseconds: float = 0.0
    problem: str = ""
    feedback: list[tuple[Json, int]] = field(default_factory=list)

    @property
    def masked_request(self) -> str:
        """The request as indented JSON, without the token."""
        return pretty(self.with_token(MASK))

    @property
    def shown_response(self) -> str:
        """The response as indented JSON."""
        return "" if self.response is None else pretty(self.response)

    @property
    def seen(self) -> dict[str, Order]:
        """The drafts by reference, in the versions the service was shown."""
        return {draft.reference: draft for draft in self.drafts}

    def with_token(self, token: str) -> Json:
        """The request with another token in place of its own."""
        authorization = self.request.get("fhirAuthorization")
        if authorization is None:
            return self.request
        return self.request | {"fhirAuthorization": authorization | {"access_token": token}}


def pretty(value: Any) -> str:
    """Indented JSON."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
