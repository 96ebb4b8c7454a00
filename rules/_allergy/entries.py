"""Allergy entries: what each is about, and which of them cannot be checked."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from prefetch.allergy import Allergy
from rules._finding import NotChecked
from rules._knowledge.allergens import Allergen
from rules._knowledge.knowledge import Knowledge
from rules._text import plain


class Charted(NamedTuple):
    """An allergy entry, with what it is about: one allergen for each substance it names."""

    allergy: Allergy
    allergens: list[Allergen]


def charted(allergies: Iterable[Allergy], know: Knowledge) -> list[Charted]:
    """What each allergy entry is about, to be found once for any number of orders."""
    return [Charted(each, [know.allergen(s) for s in each.substances]) for each in allergies]


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
