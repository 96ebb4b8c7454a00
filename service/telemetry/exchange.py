"""One request and its answer, as logs and traces speak of it: an id, and facts of our own wording.

The id is the caller's where it can hold no words, and ours otherwise: an id that a log repeats must
not be able to name a patient.
"""

import re
from collections.abc import Iterable, MutableMapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from hashlib import blake2b
from secrets import token_bytes, token_hex
from typing import Any, Final

_OPAQUE: Final = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}|[0-9a-f]{32}",
    re.IGNORECASE | re.ASCII,
)
# https://www.w3.org/TR/trace-context/#traceparent-header; version ff is invalid, and so are zeros.
# What a later version may add after the flags is dropped.
_TRACEPARENT: Final = re.compile(
    r"(?!ff)[0-9a-f]{2}(-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2})(?:-.*)?"
)
# Digests of one process can be compared with each other, and with nothing else.
_KEY: Final = token_bytes(32)

Headers = Iterable[tuple[bytes, bytes]]


@dataclass(slots=True)
class Exchange:
    """One request and its answer.

    Attributes:
        id: the request's id.
        traceparent: the caller's trace context; "" when it sent none that is well formed.
        state: the request's own state, as Starlette keeps it.
        facts: what its line in the log is to say.
    """

    id: str
    traceparent: str = ""
    state: MutableMapping[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def tenant(self) -> str:
        """The tenant whose call it is; "" when there is none, or it is not known yet."""
        site = self.state.get("site")
        return site.id if site else ""


_current: Final[ContextVar[Exchange | None]] = ContextVar("exchange", default=None)
enter: Final = _current.set
leave: Final = _current.reset
current: Final = _current.get


def request_id() -> str:
    """The id of the request being answered; "" outside of one."""
    exchange = current()
    return exchange.id if exchange else ""


def tell(**facts: Any) -> None:
    """Add facts to the line that the log will have on this request."""
    if exchange := current():
        exchange.facts |= facts


def is_opaque(text: str) -> bool:
    """Whether it is a UUID or 32 hexadecimal digits, which hold no words; nor is it a number."""
    return _OPAQUE.fullmatch(text) is not None and not text.replace("-", "").isdigit()


def opaque(text: str) -> str:
    """The text where it can hold no words, and otherwise a digest that leads back to nothing."""
    if is_opaque(text):
        return text
    return "digest:" + blake2b(text.encode(errors="replace"), key=_KEY, digest_size=8).hexdigest()


def begin(headers: Headers, state: MutableMapping[str, Any]) -> Exchange:
    """The exchange of a request.

    Args:
        headers: as ASGI has them; X-Request-ID and traceparent are taken where each comes once.
        state: the request's own state, which learns the id.
    """
    ids = [value.decode("latin-1") for name, value in headers if name == b"x-request-id"]
    traces = [value.decode("latin-1") for name, value in headers if name == b"traceparent"]
    traceparent = _traceparent(traces[0]) if len(traces) == 1 else ""
    if len(ids) == 1 and is_opaque(ids[0]):
        found = ids[0]
    else:
        found = trace_id(traceparent) or token_hex(16)
    state["request_id"] = found
    return Exchange(found, traceparent, state)


def trace_id(traceparent: str) -> str:
    """The trace that a well-formed traceparent names; "" for none."""
    return traceparent[3:35]


def _traceparent(value: str) -> str:
    found = _TRACEPARENT.fullmatch(value)
    return f"00{found[1]}" if found and is_opaque(found[2]) else ""
