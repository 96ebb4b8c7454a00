"""Drug knowledge: one object that answers what an order and an allergy record mean together."""

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from functools import cache
from pathlib import Path

from hooks.cards import Indicator
from prefetch.coding import Concept
from rules._knowledge.allergens import Allergen, Allergens, Lists
from rules._knowledge.alternatives import Alternative, Alternatives
from rules._knowledge.classes import Classes
from rules._knowledge.conflicts import Conflict, Conflicts
from rules._knowledge.drugs import Drug, Drugs
from rules._knowledge.excipients import Excipients
from rules._knowledge.reactions import Reactions
from rules._knowledge.tables import SHIPPED
from rules._knowledge.terms import ShippedTerms, Terms
from rules._knowledge.urgency import Standing, Urgency


class Knowledge:
    """The tables of one folder, read once; every answer is a look-up and changes nothing."""

    __slots__ = (
        "_allergens",
        "_alternatives",
        "_classes",
        "_conflicts",
        "_drugs",
        "_excipients",
        "_reactions",
        "_urgency",
    )

    def __init__(
        self, folder: Path, terms: Terms | None = None, lists: Lists | None = None
    ) -> None:
        """Read the tables.

        Args:
            folder: where they are.
            terms: what knows RxNorm; the folder's own tables unless it is given.
            lists: imported allergen lists, if there are any.
        """
        self._drugs = Drugs(folder, terms or ShippedTerms(folder))
        self._allergens = Allergens(folder, self._drugs, lists)
        self._conflicts = Conflicts(folder, self._drugs, self._allergens)
        self._excipients = Excipients(folder, self._drugs)
        self._classes = Classes(folder)
        self._alternatives = Alternatives(folder, self._classes)
        self._reactions = Reactions(folder)
        self._urgency = Urgency.read(folder)

    @staticmethod
    @cache
    def shipped() -> "Knowledge":
        """The knowledge that ships with the project, loaded on first use."""
        return Knowledge(SHIPPED)

    def with_urgency(self, changes: Mapping[str, Mapping[str, str]]) -> "Knowledge":
        """The same knowledge with a site's own cells in the policy table (`Urgency.changed`).

        Raises:
            ConfigurationError: a change names no row, column or cell.
        """
        other = copy(self)
        other._urgency = self._urgency.changed(changes)  # noqa: SLF001 - a copy of our own
        return other

    def drug(self, concept: Concept) -> Drug | None:
        """What drug a concept names, or None when it cannot be told for certain."""
        return self._drugs.resolve(concept)

    def allergen(self, concept: Concept) -> Allergen:
        """What an allergy record is about; of kind "unknown" when it cannot be told."""
        return self._allergens.resolve(concept)

    def conflict(self, drug: Drug, allergen: Allergen, *, crosses: bool = True) -> Conflict | None:
        """The strongest conflict between a drug and an allergen, or None.

        Args:
            drug: what is ordered.
            allergen: what the patient is allergic to.
            crosses: whether ties count that hold for some types of reaction only.
        """
        found = self._conflicts.between(drug, allergen, crosses=crosses)
        return found or self._excipients.between(drug, allergen)

    def possible_conflicts(self, drug: Drug, allergen: Allergen) -> Iterator[Conflict]:
        """What an allergen has against some products of a drug, where the order does not say which.

        What is in a product besides the drug may depend on its form.
        """
        return self._excipients.possible(drug, allergen)

    def urgency(self, conflict: Conflict, standing: Standing) -> Indicator | None:
        """How urgent a conflict is, by the written policy; None when it is to stay silent."""
        return self._urgency.of(conflict.kind, conflict.strength, standing)

    def reactions(self, told: Iterable[str]) -> frozenset[str]:
        """The kinds of reaction that words tell of: severe, respiratory, immediate, ..."""
        return self._reactions.kinds(told)

    def in_class(self, drug: Drug, class_id: str) -> bool:
        """Whether an ingredient of the drug belongs to a class, such as "biguanides".

        Raises:
            RuleError: there is no such class.
        """
        return not self._classes.members(class_id).isdisjoint(drug.ingredients)

    def classes(self, drug: Drug) -> tuple[str, ...]:
        """The ids of the classes that one of the drug's ingredients belongs to."""
        return self._classes.of(drug)

    def members(self, class_id: str) -> frozenset[str]:
        """The ingredients of a class, as RxNorm codes.

        Raises:
            RuleError: there is no such class.
        """
        return self._classes.members(class_id)

    def class_name(self, class_id: str) -> str:
        """The readable name of a class; its id when there is none."""
        return self._classes.names.get(class_id, class_id)

    def named(self, text: str) -> tuple[str, ...]:
        """The base ingredients of text that is exactly a drug's name; empty when it is none."""
        return self._drugs.named(text)

    def alternatives(self, drug: Drug, reasons: Iterable[Concept]) -> tuple[Alternative, ...]:
        """What a cited source offers instead of the drug for the order's reasons."""
        return self._alternatives.instead_of(drug, reasons)

    def name(self, rxcui: str) -> str:
        """The readable name of an RxNorm code; the code itself when it is not known."""
        return self._drugs.name(rxcui)

    def ordered_name(self, drug: Drug) -> str:
        """RxNorm's name of what an order's code stands for; "" where only words were recognised."""
        return self._drugs.ordered_name(drug)

    def product(self, rxcui: str) -> tuple[str, tuple[str, ...]] | None:
        """The name and base ingredients of a product or brand."""
        return self._drugs.product(rxcui)

    def search(self, text: str, limit: int) -> list[tuple[str, str]]:
        """Codes and names whose words begin with the words of the text; scans everything."""
        return self._drugs.search(text, limit)
