"""Numbers that a rule decides by: named, with a source, and open to a site's own choice."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from types import MappingProxyType
from typing import NoReturn

from hooks.errors import RuleError


@dataclass(frozen=True, slots=True)
class Threshold:
    """One number.

    Attributes:
        default: the number, where a site sets no other.
        unit: its unit in UCUM, or words such as "days".
        source: where the number is from.
        least: the least a site may set; None for any.
        most: the most a site may set; None for any.
    """

    default: float
    unit: str
    source: str
    least: float | None = None
    most: float | None = None

    def allows(self, number: float) -> bool:
        """Whether a site may set this number."""
        above = self.least is None or number >= self.least
        return isfinite(number) and above and (self.most is None or number <= self.most)

    @property
    def range(self) -> str:
        """What a site may set, in words."""
        if self.least is None and self.most is None:
            return "any number"
        if self.most is None:
            return f"at least {self.least:g}"
        return (
            f"at most {self.most:g}" if self.least is None else f"{self.least:g} to {self.most:g}"
        )


class Limits:
    """The numbers in force, by name: `limits.stop`."""

    __slots__ = ("_numbers",)
    _numbers: Mapping[str, float]

    def __init__(self, numbers: Mapping[str, float]) -> None:
        """Hold these."""
        object.__setattr__(self, "_numbers", MappingProxyType(dict(numbers)))

    def __getattr__(self, name: str) -> float:
        """The number of that name.

        Raises:
            RuleError: the rule declares none of that name.
        """
        try:
            return self._numbers[name]
        except KeyError:
            known = ", ".join(self._numbers) or "none"
            raise RuleError(
                f"the rule reads limits.{name}, and its thresholds are {known}"
            ) from None

    def __setattr__(self, name: str, value: object) -> NoReturn:
        """Refuse.

        Raises:
            RuleError: always.
        """
        raise RuleError(f"a rule may not change its limits: it set {name}")


def limits(thresholds: Mapping[str, Threshold], own: Mapping[str, float] | None = None) -> Limits:
    """The numbers in force: a site's own, else the defaults."""
    numbers = {name: threshold.default for name, threshold in thresholds.items()}
    return Limits(numbers | dict(own or {}))
