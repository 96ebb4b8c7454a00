"""Drug knowledge: one object that answers what an order and an allergy record mean together."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from prefetch.coding import Concept
from rules._knowledge.allergens import Allergen, Allergens
from rules._knowledge.alternatives import Alternative, Alternatives
from rules._knowledge.classes import Classes
from rules._knowledge.conflicts import Conflict, Conflicts
from rules._knowledge.drugs import Drug, Drugs
from rules._knowledge.tables import SHIPPED


class Knowledge:
    """The tables of one folder, read once; every answer is a look-up and changes nothing."""

    __slots__ = ("_allergens", "_alternatives", "_classes", "_conflicts", "_drugs")

    def __init__(self, folder: Path) -> None:
        self._drugs = Drugs(folder)
        self._allergens = Allergens(folder, self._drugs)
        self._conflicts = Conflicts(folder, self._drugs, self._allergens)
        self._alternatives = Alternatives(folder)
        self._classes = Classes(folder)

    @staticmethod
    @cache
    def shipped() -> "Knowledge":
        """The knowledge that ships with the project, loaded on first use."""
        return Knowledge(SHIPPED)

    def drug(self, concept: Concept) -> Drug | None:
        """What drug a concept names, or None when it cannot be told for certain."""
        return self._drugs.resolve(concept)

    def allergen(self, concept: Concept) -> Allergen:
        """What an allergy record is about; of kind "unknown" when it cannot be told."""
        return self._allergens.resolve(concept)

    def conflict(self, drug: Drug, allergen: Allergen) -> Conflict | None:
        """The strongest conflict between a drug and an allergen, or None."""
        return self._conflicts.between(drug, allergen)

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

    def product(self, rxcui: str) -> tuple[str, tuple[str, ...]] | None:
        """The name and base ingredients of a product or brand."""
        return self._drugs.product(rxcui)

    def search(self, text: str, limit: int) -> list[tuple[str, str]]:
        """Codes and names whose words begin with the words of the text; scans everything."""
        return self._drugs.search(text, limit)
