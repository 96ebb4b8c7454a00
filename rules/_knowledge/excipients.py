"""Excipients: what a product holds besides its active ingredient that people may be allergic to."""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from rules._knowledge import tables
from rules._knowledge.allergens import Allergen
from rules._knowledge.conflicts import Conflict
from rules._knowledge.drugs import Drug, Drugs
from rules._knowledge.terms import Ingredients

KIND: Final = "inactive-ingredient"
_NO_REASON: Final = "none"
_SAYS: Final = {"high": "contraindicated by its label", "moderate": "its label warns"}
_BRAND: Final = re.compile(r"\s*\[[^\]]*\]$")


class _Excipient(NamedTuple):
    """One thing in some products."""

    form: str
    contains: str
    avoid: frozenset[str]
    only_severe: bool
    strength: str
    source: str


class Excipients:
    """The reviewed ones, by the ingredients of the product."""

    def __init__(self, folder: Path, drugs: Drugs) -> None:
        self._drugs = drugs
        self._of: dict[Ingredients, list[_Excipient]] = defaultdict(list)
        for row in tables.rows(folder, "excipients"):
            ingredients, _, form, contains, avoid, only, strength, source, *_ = row
            if strength != _NO_REASON:
                found = _Excipient(
                    form, contains, frozenset(avoid.split("|")), only == "severe", strength, source
                )
                self._of[tuple(sorted(ingredients.split("|")))].append(found)

    def unsaid(self, drug: Drug, allergen: Allergen) -> Iterator[tuple[str, bool]]:
        """What of an allergen some products of a drug hold, where the order tells no product.

        With it, whether that matters after a severe reaction only.
        """
        for each in self._avoided(drug, allergen):
            if each.form and not self._drugs.is_product(drug):
                yield each.contains, each.only_severe

    def _avoided(self, drug: Drug, allergen: Allergen) -> Iterator[_Excipient]:
        """What any product of the drug holds of the allergen."""
        if found := self._of.get(drug.ingredients):
            wanted = {*allergen.foods, *(f"rxcui:{code}" for code in allergen.ingredients)}
            yield from (each for each in found if wanted & each.avoid)

    def between(self, drug: Drug, allergen: Allergen) -> Conflict | None:
        """The conflict of a product's further contents with an allergen, if there is one.

        Where it depends on the form, the order must tell the form by the code of a product.
        """
        name = _BRAND.sub("", self._drugs.ordered_name(drug))
        for each in self._avoided(drug, allergen):
            if name.endswith(each.form):
                return Conflict(
                    kind=KIND,
                    ingredient=drug.ingredients[0],
                    ingredient_name=drug.name,
                    allergen_name=allergen.name,
                    one_of="",
                    strength=each.strength,
                    basis=f"contains {each.contains}, {_SAYS[each.strength]}",
                    reference=each.source,
                    contains=each.contains,
                    only_severe=each.only_severe,
                )
        return None
