"""What a look-up gives when the chart does not say: never zero, never False, never "no"."""

from typing import Any, NoReturn

from hooks.errors import NotKnown


class NotOnFile:
    """There is no such value on the chart.

    `isinstance(value, NotOnFile)` asks for it. Any other use, be it a comparison, `if value:` or an
    attribute, raises `NotKnown`, which ends the rule with a line on the "not checked" card.

    Attributes:
        why: what is missing, as a clause: "no eGFR of the last 365 days is on file".
    """

    __slots__ = ("why",)

    def __init__(self, why: str) -> None:
        """Say what is missing."""
        self.why = why

    def __str__(self) -> str:
        """What is missing."""
        return self.why

    def _raise(self, *_: object) -> NoReturn:
        raise NotKnown(self.why)

    __bool__ = __float__ = __int__ = __len__ = __iter__ = _raise
    __lt__ = __le__ = __gt__ = __ge__ = __contains__ = _raise
    __eq__ = __ne__ = _raise
    __hash__ = None  # type: ignore[assignment]

    def __getattr__(self, name: str) -> Any:
        """Refuse: there is nothing to ask.

        Raises:
            NotKnown: always.
        """
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotKnown(self.why)
