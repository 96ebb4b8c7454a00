"""Conflicts: which allergies an order conflicts with, how urgent that is, and how it is told."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from hooks.cards import Indicator
from prefetch.allergy import Allergy
from prefetch.chart import Chart
from prefetch.medication import MedicationOrder
from rules._allergy.entries import Charted
from rules._allergy.orders import drugs_of
from rules._allergy.reaction import gravest
from rules._allergy.standing import can_cross, indicated, standing
from rules._allergy.tolerance import Given, given_since
from rules._knowledge.allergens import Allergen
from rules._knowledge.conflicts import Conflict
from rules._knowledge.drugs import Drug
from rules._knowledge.knowledge import Knowledge
from rules._knowledge.urgency import Standing
from rules._text import markdown, plain, sentence, shorten, uncapped

_URGENCY: Final[tuple[Indicator, ...]] = ("critical", "warning", "info")
_CLOSENESS: Final = ("same-ingredient", "same-class", "cross-reactive", "inactive-ingredient")


class AllergyConflict(NamedTuple):
    """One order that conflicts with one allergy.

    Attributes:
        order: the order.
        allergy: the entry.
        allergen: what the entry is about.
        conflict: why the two do not go together.
        indicator: how urgent that is, by the policy of `rules/_knowledge/tables/urgency.tsv`.
        reaction: what happened, as a headline names it: the gravest of what the entry tells.
        given: when the drug was given since, which lowers it; None where that is not known.
    """

    order: MedicationOrder
    allergy: Allergy
    allergen: Allergen
    conflict: Conflict
    indicator: Indicator
    reaction: str
    given: Given | None = None

    def headline(self, standing: str = "is ordered") -> str:
        """The fact, in under 140 characters; `standing` says how the drug itself got there."""
        drug = sentence(self.conflict.ingredient_name)
        link = {
            "same-ingredient": f"{drug} {standing}",
            "same-class": f"{drug} is {self.conflict.one_of}",
            "inactive-ingredient": f"{drug} contains {self.conflict.contains}",
        }.get(self.conflict.kind, f"{drug} may cross-react")
        since = f", {self.allergy.since.year}" if self.allergy.since else ""
        charted = uncapped(plain(self.conflict.allergen_name, 50))
        later = f"; given since, {self.given.date.year}" if self.given else ""
        return shorten(f"{link}; chart records {self.reaction} to {charted}{since}{later}")

    @property
    def evidence(self) -> str:
        """The allergy entry as charted, how the match was made, and the reference."""
        allergy = self.allergy
        status = [allergy.clinical_status, allergy.verification_status]
        status += [f"criticality {allergy.criticality}"] if allergy.criticality else []
        told = [", ".join(filter(None, status)), *allergy.manifestations]
        told += [f"since {allergy.since}"] if allergy.since else []
        parts = [markdown(part) for part in told if part]
        charted = f"**{markdown(allergy.substance.label or self.allergen.name)}**"
        how = "by its code" if self.allergen.basis == "code" else "by name only"
        name, basis = markdown(self.conflict.ingredient_name), markdown(self.conflict.basis)
        lines = [
            f"- Chart: {'; '.join([charted, *parts])}",
            *([self.given.told] if self.given else ()),
            f"- Match: {name} - {basis}; allergy recognised {how}",
            f"- Reference: {markdown(self.conflict.reference)}",
        ]
        return "\n".join(lines)


def allergy_conflicts(
    order: MedicationOrder,
    allergies: Iterable[Charted],
    know: Knowledge,
    chart: Chart | None = None,
) -> list[AllergyConflict]:
    """The allergies an order conflicts with, the most urgent first, each entry once.

    Args:
        order: the order.
        allergies: the entries, as `charted` gives them.
        know: the knowledge tables.
        chart: where to look whether the drug was given since, for a rule that is helped by
            `needs.past_medications` and `needs.administrations`; None looks nowhere.
    """
    drugs = drugs_of(order, know)
    found = [
        match
        for allergy, allergens in allergies
        for allergen in allergens
        for drug in drugs
        for match in _matches(order, drug, allergy, allergen, know)
    ]
    if chart is not None:
        found = [less for match in found if (less := _lowered(match, chart, know))]
    found.sort(key=_rank)
    return list({id(match.allergy): match for match in reversed(found)}.values())[::-1]


def _matches(
    order: MedicationOrder, drug: Drug, allergy: Allergy, allergen: Allergen, know: Knowledge
) -> Iterator[AllergyConflict]:
    """The conflict of one drug with one allergen, unless the policy keeps it silent."""
    conflict = know.conflict(drug, allergen)
    if conflict and conflict.by_reaction and not can_cross(allergy, know):
        conflict = know.conflict(drug, allergen, crosses=False)
    if conflict is None:
        return
    if indicator := indicated(conflict, allergy, know):
        reaction = gravest(allergy, know)
        yield AllergyConflict(order, allergy, allergen, conflict, indicator, reaction)


def _lowered(match: AllergyConflict, chart: Chart, know: Knowledge) -> AllergyConflict | None:
    """The same conflict, less urgent where the drug was given since, or silent by policy."""
    if match.conflict.contains:
        return match  # another product of the drug may have held none of it
    given = given_since(match.conflict.ingredient, match.allergy, chart, know)
    if given is None:
        return match
    severe = standing(match.allergy, know) == "severe"
    column: Standing = "severe_tolerated" if severe else "tolerated"
    indicator = know.urgency(match.conflict, column)
    return match._replace(given=given, indicator=indicator) if indicator else None


def _rank(match: AllergyConflict) -> tuple[int, int]:
    return _URGENCY.index(match.indicator), _CLOSENESS.index(match.conflict.kind)
