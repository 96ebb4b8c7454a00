"""What an EHR makes of suggestions, where that is less than the standard has.

A suggestion that an EHR would carry out in part is never offered: "replace" that only removes, or
only adds, does harm under a label that says otherwise. What is not offered is told in words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from prefetch.systems import canonical, renamed
from rules._finding import Change


@dataclass(frozen=True, slots=True)
class ActionProfile:
    """What one EHR carries out.

    Attributes:
        types: the types of action.
        one_per_suggestion: whether only one action of a suggestion.
        at_most_one: whether it keeps users to one suggestion of a card.
        systems: what code systems are called in actions, by canonical URL.
    """

    types: frozenset[str] = frozenset({"create", "update", "delete"})
    one_per_suggestion: bool = False
    at_most_one: bool = True
    systems: Mapping[str, str] = field(default_factory=dict)

    def carries_out(self, changes: Sequence[Change]) -> bool:
        """Whether all of the changes would happen, and so may be offered as one suggestion."""
        if self.one_per_suggestion and len(changes) > 1:
            return False
        return all(change.type in self.types for change in changes)

    def named(self, resource: dict[str, Any]) -> dict[str, Any]:
        """The resource with code systems called as this EHR calls them."""
        if not self.systems:
            return resource
        found: dict[str, Any] = renamed(resource, lambda s: self.systems.get(canonical(s), s))
        return found


STANDARD: Final = ActionProfile()
