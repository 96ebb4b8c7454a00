"""Items: what the chart is made of, as a rule sees it. An entry of a list, an order, a result."""

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

import msgspec

from prefetch.frozen import Frozen, put
from prefetch.references import Resource, typed


class Read(Protocol):
    """What is read of a resource: typed, and no more than rules ask for."""

    @property
    def resource_type(self) -> str:
        """Its type."""

    @property
    def id(self) -> str:
        """Its logical id, as it was sent."""


R = TypeVar("R", bound=Read)
S = TypeVar("S", bound=msgspec.Struct)


class Item(Frozen, Generic[R]):
    """One resource. Absent parts read as empty, never as a value."""

    _read: R
    _sent: Resource | None

    def __init__(self, read: R, sent: Resource | None = None) -> None:
        """Make it.

        Args:
            read: what was read of the resource.
            sent: the resource itself; None where it is a list's, and was read in passing.
        """
        put(self, "_read", read)
        put(self, "_sent", sent)

    @property
    def id(self) -> str:
        """The logical id; "" when there is none."""
        return self._read.id.strip()

    @property
    def reference(self) -> str:
        """`Type/id`, by which other resources refer to it."""
        return f"{self._read.resource_type}/{self.id}"


def read_of(
    resource: S | Resource, kind: type[S], loosely: Callable[[Resource], S]
) -> tuple[S, Resource | None]:
    """What is read of a resource, and the resource; None where it was read in passing."""
    if isinstance(resource, dict):
        return typed(resource, kind, loosely), resource
    return resource, None
