"""Values computed when first asked for.

`functools.cached_property` takes a lock at each first use in Python 3.11, which on the hot path is
dearer than most of the values. A chart belongs to one call and one thread.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class lazy(Generic[T]):  # noqa: N801 - reads as the decorator it is
    """A read-only property that is computed once and then found in the instance."""

    def __init__(self, compute: Callable[[Any], T]) -> None:
        """Wrap the method that computes the value."""
        self._compute = compute
        self._name = compute.__name__
        self.__doc__ = compute.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> "lazy[T]": ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object | None, owner: type) -> "lazy[T] | T":
        """Compute the value, and put it where it is found without coming here again."""
        if instance is None:
            return self
        value = instance.__dict__[self._name] = self._compute(instance)
        return value
