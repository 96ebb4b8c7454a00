"""Orders against allergies: which conflict, how urgent that is, and how it is told.

Shared by the rules that look at drafted orders and at the medication list.
"""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from hooks.cards import Indicator
from prefetch.allergy import Allergy
from prefetch.medication import MedicationOrder
from rules._finding import NotChecked
from rules._knowledge.allergens import Allergen
from rules._knowledge.conflicts import Conflict
from rules._knowledge.drugs import Drug
from rules._knowledge.knowledge import Knowledge
from rules._text import markdown, plain, sentence, shorten, uncapped

_URGENCY: Final[tuple[Indicator, ...]] = ("critical", "warning", "info")
_CLOSENESS: Final = ("same-ingredient", "same-class", "cross-reactive")


class Charted(NamedTuple):
    """An allergy entry, with what it is about: one allergen for each substance it names."""

    allergy: Allergy
    allergens: list[Allergen]


class AllergyConflict(NamedTuple):
    """One order that conflicts with one allergy."""

    order: MedicationOrder
    allergy: Allergy
    allergen: Allergen
    conflict: Conflict

    @property
    def indicator(self) -> Indicator:
        """How urgent it is.

        | the chart says | same drug or class | cross-reactive, high or moderate | low |
        |---|---|---|---|
        | allergy | critical | warning | info |
        | allergy with high criticality | critical | critical | warning |
        | intolerance, or low criticality with only mild reactions | warning | info | info |
        """
        step = 1 if self.conflict.kind == "cross-reactive" else 0
        step += self.conflict.strength == "low"
        if self.allergy.criticality == "high":
            step -= 1
        elif _is_minor(self.allergy):
            step += 1
        return _URGENCY[min(max(step, 0), 2)]

    def headline(self, standing: str = "is ordered") -> str:
        """The fact, in under 140 characters; `standing` says how the drug itself got there."""
        drug = sentence(self.conflict.ingredient_name)
        group = self.conflict.class_name
        link = {
            "same-ingredient": f"{drug} {standing}",
            "same-class": f"{drug} belongs to the {uncapped(group)}",
        }.get(self.conflict.kind, f"{drug} may cross-react")
        since = f", {self.allergy.since.year}" if self.allergy.since else ""
        charted = uncapped(plain(self.conflict.allergen_name, 50))
        return shorten(f"{link}; chart records {_reaction(self.allergy)} to {charted}{since}")

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
        return (
            f"- Chart: {'; '.join([charted, *parts])}\n"
            f"- Match: {markdown(self.conflict.ingredient_name)} - "
            f"{markdown(self.conflict.basis)}; allergy recognised {how}\n"
            f"- Reference: {markdown(self.conflict.reference)}"
        )


def drugs_of(order: MedicationOrder, know: Knowledge) -> list[Drug]:
    """The drugs of an order: its product where recognised, else each recognised ingredient."""
    product = know.drug(order.medication.product)
    if product is not None:
        return [product]
    return [drug for item in order.medication.ingredients if (drug := know.drug(item))]


def is_recognised(order: MedicationOrder, know: Knowledge) -> bool:
    """Whether all of the order's drug is known: its product, or else every ingredient listed."""
    named = order.medication.ingredients
    if know.drug(order.medication.product) is not None:
        return True
    return bool(named) and all(know.drug(item) is not None for item in named)


def charted(allergies: Iterable[Allergy], know: Knowledge) -> list[Charted]:
    """What each allergy entry is about, to be found once for any number of orders."""
    return [Charted(each, [know.allergen(s) for s in each.substances]) for each in allergies]


def allergy_conflicts(
    order: MedicationOrder, allergies: Iterable[Charted], know: Knowledge
) -> list[AllergyConflict]:
    """The allergies an order conflicts with, the most urgent first, each entry once."""
    drugs = drugs_of(order, know)
    found = [
        AllergyConflict(order, allergy, allergen, conflict)
        for allergy, allergens in allergies
        for allergen in allergens
        for drug in drugs
        if (conflict := know.conflict(drug, allergen))
    ]
    found.sort(key=_rank)
    return list({id(match.allergy): match for match in reversed(found)}.values())[::-1]


def unidentified(order: MedicationOrder, know: Knowledge) -> Iterator[NotChecked]:
    """That an order's drug, or a part of it, is not known; to be said where there are allergies.

    A drug that nothing names is a check that was not made at all.
    """
    if not is_recognised(order, know):
        urgency: Indicator = "info" if order.medication.label else "warning"
        yield NotChecked(plain(order.label, 60), "the drug could not be recognised", urgency)


def may_conflict(allergies: Iterable[Charted]) -> bool:
    """Whether any entry is, or might be, about a drug: what is not known might be."""
    kinds = {allergen.kind for _, allergens in allergies for allergen in allergens}
    return bool(kinds & {"drug", "unknown", "unspecified"})


def unrecognised(allergies: Iterable[Charted]) -> Iterator[NotChecked]:
    """The entries that cannot be checked: what they name is not known, or they name nothing.

    Entries that the chart itself files under food or environment alone are not about drugs.
    """
    for allergy, allergens in allergies:
        if allergy.categories and not allergy.categories & {"medication", "biologic"}:
            continue
        named = plain(allergy.substance.label, 60) or "an entry without words"
        if any(allergen.kind == "unspecified" for allergen in allergens):
            yield NotChecked(f'allergy entry "{named}"', "it names no substance")
        elif all(allergen.kind == "unknown" for allergen in allergens):
            yield NotChecked(
                f"allergy to {named}", "it is not recorded in words or codes that are known here"
            )


def _rank(match: AllergyConflict) -> tuple[int, int]:
    return _URGENCY.index(match.indicator), _CLOSENESS.index(match.conflict.kind)


def _is_minor(allergy: Allergy) -> bool:
    only_mild = allergy.severities == {"mild"}
    return allergy.is_intolerance or (allergy.criticality == "low" and only_mild)


def _reaction(allergy: Allergy) -> str:
    if allergy.manifestations:
        return plain(allergy.manifestations[0].lower(), 40)
    return "intolerance" if allergy.is_intolerance else "allergy"
