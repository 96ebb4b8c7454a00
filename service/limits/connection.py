"""One connection: how long a client may take, how large its headers may be, and how it ends.

uvicorn waits for ever for a request to arrive, takes headers of any size, and opens any number of
connections. This is its protocol with those limits. Of uvicorn's own it relies on `cycle` (the
request that is being answered), `connections`, `app`, `headers`, `url`, `send_400_response`
and `_unsupported_upgrade_warning`; the rest is what asyncio and httptools call.
"""

import asyncio
from dataclasses import dataclass
from itertools import chain
from typing import Any, ClassVar, Final, Literal

from starlette.responses import Response
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from hooks.errors import Problem
from service.outcomes import busy, outcome

# For what a client sent before it could know that the connection closes.
_LINGER: Final = 0.2
# By how much a handler's own deadline for a body comes before the connection is cut.
_GRACE: Final = 5.0
# new: nothing came yet; head, body: arriving; answer: all is here; idle: it has been answered
Phase = Literal["new", "head", "body", "answer", "idle"]


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What clients may take up.

    Attributes:
        seconds: for a request's head to arrive, and again for its body, and for an answer that is
            not read to move on.
        head_bytes: the size of the request line and headers together.
        headers: how many there may be.
        connections: how many may be open in this process.
    """

    seconds: float = 10.0
    head_bytes: int = 32 * 1024
    headers: int = 100
    connections: int = 1000


class Connection(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 connection, bounded.

    Attributes:
        limits: the same for all connections of a class; see `connections_within`.
        since: when the present phase began, by the event loop's clock.
    """

    limits: ClassVar[ConnectionLimits] = ConnectionLimits()

    def __init__(self, *given: Any, **named: Any) -> None:
        """Take what uvicorn gives a protocol."""
        super().__init__(*given, **named)
        self.since = self.loop.time()
        self._phase: Phase = "new"
        self._head_bytes = 0
        self._blocked_since: float | None = None
        self._leaving = False
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waits(self) -> bool:
        """Whether nothing is being answered: the connection can go without losing a call."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Keep an eye on it, and make room when there are too many."""
        super().connection_made(transport)
        self._look_later()
        if len(self.connections) > self.limits.connections:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what came; refuse a head that does not end."""
        unfinished = self._phase == "head"
        super().data_received(data)
        if unfinished and self._phase == "head":
            self._head_bytes += len(data)
            if self._head_bytes > self.limits.head_bytes and not self.transport.is_closing():
                self._refuse(431, self._too_large)

    def on_message_begin(self) -> None:
        """The first byte of a request is here."""
        super().on_message_begin()
        self._enter("head")
        self._head_bytes = 0

    def on_headers_complete(self) -> None:
        """A head is here: answer the request, or refuse it when the head is too large."""
        self._enter("body")
        size = len(self.url) + sum(map(len, chain.from_iterable(self.headers)))
        usual = self.app
        if size > self.limits.head_bytes or len(self.headers) > self.limits.headers:
            self.app = outcome(431, [self._too_large])
        elif self.parser.should_upgrade() and self.parser.get_method() == b"POST":
            # httptools passes over the body of a request that offers an upgrade, as Java's does
            text = "Expected HTTP/1.1 without an offer to upgrade it."
            self.app = outcome(400, [Problem(text, "http.Upgrade", "not-supported")])
        super().on_headers_complete()
        self.app = usual
        if self._leaving:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        """All of a request is here."""
        super().on_message_complete()
        self._enter("idle" if self.waits else "answer")

    def on_response_complete(self) -> None:
        """A request has its answer."""
        if self._phase == "answer":
            self._enter("idle")
        super().on_response_complete()

    def pause_writing(self) -> None:
        """The client does not read its answer."""
        self._blocked_since = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        """It reads again."""
        self._blocked_since = None
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP, after the answer that is owed for what was."""
        del msg  # uvicorn's plain text
        if self.waits or self._phase == "body":
            self._refuse(400, Problem("Expected an HTTP/1.1 request.", code="structure"))
        else:
            self.cycle.keep_alive = False
            self.flow.pause_reading()

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing of each such offer: uvicorn would have a library installed."""

    def shutdown(self) -> None:
        """Let what is under way end, then close; uvicorn calls it when the process is to stop."""
        self._leaving = True
        if self.waits:
            self.loop.call_later(_LINGER, self._leave)
        else:
            super().shutdown()

    def _leave(self) -> None:
        if self.waits and self._phase != "head":  # a request that has begun to arrive is answered
            self.transport.close()

    def _enter(self, phase: Phase) -> None:
        self._phase, self.since = phase, self.loop.time()

    def _look_later(self) -> None:
        self._timer = self.loop.call_later(min(1.0, self.limits.seconds / 4), self._look)

    def _look(self) -> None:
        """Close the connection when its client takes too long over anything."""
        closing = self.transport.is_closing()
        if self._late(self._blocked_since) or (closing and self._late(self.since)):
            self.transport.abort()
        elif not closing and self.waits:
            self._look_at_waiting()
        elif not closing and self._phase == "body" and self._late(self.since, _GRACE):
            self.transport.close()
        self._look_later()

    def _look_at_waiting(self) -> None:
        if self._phase == "head" and self._late(self.since):
            text = f"Expected the request's headers within {self.limits.seconds:g} seconds."
            self._refuse(408, Problem(text, code="timeout"))
        elif self._phase == "idle":
            # uvicorn's own timer is stopped by any byte, even one that begins no request
            if self._late(self.since, self.timeout_keep_alive):
                self.transport.close()
        elif self._late(self.since):
            self.transport.close()

    def _late(self, since: float | None, grace: float = 0.0) -> bool:
        return since is not None and self.loop.time() - since > self.limits.seconds + grace

    def _make_room(self) -> None:
        """Close the connection that has waited longest; if none waits, this one."""
        others = (c for c in self.connections if isinstance(c, Connection) and c is not self)
        waiting = [c for c in others if c.waits and not c.transport.is_closing()]
        if waiting:
            min(waiting, key=lambda c: c.since).transport.close()
        else:
            text = f"Each of {self.limits.connections} connections has a call under way."
            self._write(busy(text))

    @property
    def _too_large(self) -> Problem:
        most, bytes_ = self.limits.headers, self.limits.head_bytes
        return Problem(f"Expected at most {most} headers and {bytes_} bytes.", code="too-long")

    def _refuse(self, status: int, problem: Problem) -> None:
        self._write(outcome(status, [problem]))

    def _write(self, answer: Response) -> None:
        """Answer without a call of the app, and close."""
        lines = [*self.server_state.default_headers, *answer.raw_headers, (b"connection", b"close")]
        head = b"".join(name + b": " + value + b"\r\n" for name, value in lines)
        self.transport.write(STATUS_LINE[answer.status_code] + head + b"\r\n" + bytes(answer.body))
        self.transport.close()


def connections_within(limits: ConnectionLimits) -> type[Connection]:
    """The protocol with other limits than the usual ones."""
    return type("Connection", (Connection,), {"limits": limits})
