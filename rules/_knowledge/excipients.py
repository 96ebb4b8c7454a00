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

    def between(self, drug: Drug, allergen: Allergen) -> Conflict | None:
        """The conflict of a product's further contents with an allergen, if there is one.

        Where it depends on the form, the order must tell the form by the code of a product.
        """
        name = _BRAND.sub("", self._drugs.ordered_name(drug))
        found = (c for each, c in self._any_form(drug, allergen) if name.endswith(each.form))
        return next(found, None)

    def possible(self, drug: Drug, allergen: Allergen) -> Iterator[Conflict]:
        """The conflicts that depend on a form, where the order does not tell it."""
        for each, conflict in self._any_form(drug, allergen):
            if each.form and not self._drugs.is_product(drug):
                yield conflict

    def _any_form(self, drug: Drug, allergen: Allergen) -> Iterator[tuple[_Excipient, Conflict]]:
        """The conflicts of any product of a drug with an allergen."""
        if drug.ingredients not in self._of:
            return
        wanted = {*allergen.foods, *(f"rxcui:{code}" for code in allergen.ingredients)}
        for each in self._of[drug.ingredients]:
            if avoided := sorted(wanted & each.avoid):
                name = self._name(avoided[0], allergen)
                yield (
                    each,
                    Conflict(
                        kind=KIND,
                        ingredient=drug.ingredients[0],
                        ingredient_name=drug.name,
                        allergen_name=name,
                        one_of="",
                        strength=each.strength,
                        basis=f"contains {each.contains}, {_SAYS[each.strength]}",
                        reference=each.source,
                        contains=each.contains,
                        only_severe=each.only_severe,
                    ),
                )

    def _name(self, avoided: str, allergen: Allergen) -> str:
        """What the patient is allergic to; of an entry that names several things, the one it is."""
        if not (allergen.foods and (allergen.ingredients or allergen.classes)):
            return allergen.name
        kind, _, code = avoided.partition(":")
        return code.replace("_", " ") if kind == "food" else self._drugs.name(code)
