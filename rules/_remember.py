"""Remembers what was made of an item of the chart: each rule asks, and asks again of each trial."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from prefetch.item import Item
from rules._knowledge.knowledge import Knowledge

I = TypeVar("I", bound=Item[Any])  # noqa: E741 - an item
T = TypeVar("T")


def remembered(make: Callable[[I, Knowledge], T]) -> Callable[[I, Knowledge], T]:
    """The function, which makes of an item what cannot change, asked once for each item.

    The item holds the answer, and both go with the call. Knowledge that is replaced is asked anew.
    """
    name = f"{make.__module__}.{make.__qualname__}"  # no attribute that an item may have itself

    @wraps(make)
    def made(item: I, know: Knowledge, /) -> T:
        held: tuple[Knowledge, T] | None = item.__dict__.get(name)
        if held is not None and held[0] is know:
            return held[1]
        value = make(item, know)
        item.__dict__[name] = know, value
        return value

    return made
