"""Pharmacological classes: which drugs belong together."""

from collections import defaultdict
from difflib import get_close_matches
from pathlib import Path

from hooks.errors import RuleError
from rules._knowledge import tables
from rules._knowledge.drugs import Drug


class Classes:
    """Every class with its ingredients."""

    def __init__(self, folder: Path) -> None:
        self.names = dict(tables.rows(folder, "classes"))
        members: dict[str, set[str]] = defaultdict(set)
        for class_id, rxcui, *_ in tables.rows(folder, "class_members"):
            members[class_id].add(rxcui)
        self._members = {name: frozenset(members[name]) for name in self.names}

    def members(self, class_id: str) -> frozenset[str]:
        """The ingredients of a class, as RxNorm codes.

        Raises:
            RuleError: there is no such class.
        """
        try:
            return self._members[class_id]
        except KeyError:
            near = get_close_matches(class_id, self.names, 3) or list(self.names)
            raise RuleError(
                f"there is no drug class {class_id!r}; there is {', '.join(near)}"
            ) from None

    def of(self, drug: Drug) -> tuple[str, ...]:
        """The classes that one of a drug's ingredients belongs to."""
        return tuple(
            name
            for name, members in self._members.items()
            if members.intersection(drug.ingredients)
        )
