"""Allergy entries: what each is about, and which of them cannot be checked."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from prefetch.allergy import Allergy
from rules._finding import NotChecked
from rules._knowledge.allergens import Allergen
from rules._knowledge.knowledge import Knowledge
from rules._remember import remembered
from rules._text import markdown, plain

_ABOUT_DRUGS: Final = frozenset({"all", "medication"})


class Charted(NamedTuple):
    """An allergy entry, with what it is about: one allergen for each substance it names."""

    allergy: Allergy
    allergens: tuple[Allergen, ...]


def charted(allergies: Iterable[Allergy], know: Knowledge) -> list[Charted]:
    """What each allergy entry is about, to be found once for any number of orders."""
    return [Charted(each, allergens_of(each, know)) for each in allergies]


@remembered
def allergens_of(allergy: Allergy, know: Knowledge, /) -> tuple[Allergen, ...]:
    """What an allergy entry is about: one allergen for each substance it names."""
    return tuple([know.allergen(substance) for substance in allergy.substances])


def may_conflict(allergies: Iterable[Charted]) -> bool:
    """Whether any entry is, or might be, about a drug: what is not known might be."""
    kinds = {allergen.kind for _, allergens in allergies for allergen in allergens}
    return bool(kinds & {"drug", "unknown", "unspecified"})


def contradiction(allergies: Iterable[Charted]) -> str:
    """That the list denies drug allergies and names one, as a line of Markdown; "" otherwise."""
    stated = [(allergy, one) for allergy, allergens in allergies for one in allergens]
    denials = [a for a, one in stated if one.kind == "none-known" and one.scope in _ABOUT_DRUGS]
    if not denials or not any(one.kind == "drug" for _, one in stated):
        return ""
    words = markdown(denials[0].substance.label or "no known allergies")
    return f'- Note: the allergy list also says "{words}"; one of the entries needs correcting'


def unrecognised(allergies: Iterable[Charted]) -> Iterator[NotChecked]:
    """The entries that cannot be checked: what they name is not known, or they name nothing.

    Entries that the chart itself files under food or environment alone are not about drugs.
    """
    for allergy, allergens in allergies:
        if allergy.categories and not allergy.categories & {"medication", "biologic"}:
            continue
        kinds = {allergen.kind for allergen in allergens}
        if kinds - {"unknown", "unspecified"}:
            continue
        named = plain(allergy.substance.label, 60) or "an entry without words"
        if "unspecified" in kinds:
            yield NotChecked(f'allergy entry "{named}"', "it names no substance")
        else:
            what = named if "allerg" in named.lower() else f"allergy to {named}"
            yield NotChecked(what, "it is not recorded in words or codes that are known here")
