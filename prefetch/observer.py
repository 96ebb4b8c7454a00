"""Whoever wants to watch how data is obtained, such as the counters and traces of a service."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from prefetch.data import Data
from prefetch.needs import Need
from prefetch.states import Reason


@dataclass(slots=True)
class Attempt:
    """One request to a FHIR server.

    Attributes:
        url: what is asked; it may hold the patient's id.
        headers: what the observer wants to be sent along, such as a trace context.
        status: HTTP status of the answer; 0 when none came.
        reason: why it brought nothing; None when it brought something, or was cancelled.
    """

    url: str
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 0
    reason: Reason | None = None


class Observer:
    """Watches; this one looks away."""

    def obtaining(self, need: Need) -> AbstractContextManager[Callable[[Data], None]]:
        """Around obtaining what was not prefetched; tell what is called with the data."""
        del need
        return nullcontext(_look_away)

    def attempt(self, attempt: Attempt) -> AbstractContextManager[None]:
        """Around one request; at the end, the attempt says what came of it."""
        del attempt
        return nullcontext()

    def queried(self, base: str, *, shared: bool) -> None:
        """After a query: whether another's answer was shared."""


def _look_away(_: Data) -> None:
    pass
