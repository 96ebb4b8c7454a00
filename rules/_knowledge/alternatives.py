"""Alternatives: what a cited guideline or label offers instead of a drug, for an indication."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from prefetch.coding import Concept, undotted
from prefetch.systems import ICD10CM, SNOMED
from rules._knowledge import tables
from rules._knowledge.classes import Classes
from rules._knowledge.drugs import Drug

_SYSTEMS: Final = {"icd-10-cm": ICD10CM, "snomed": SNOMED}
_CLASS: Final = "class:"
_RXCUI: Final = "rxcui:"
_MIN_AGE: Final = "min-age="
Codes = frozenset[tuple[str, str]]


class Alternative(NamedTuple):
    """A drug to consider instead.

    Attributes:
        rxcui: an ingredient, a combination, or an orderable product (RxNorm).
        name: its name.
        not_if_severe: whether the source leaves it out after a severe reaction to what is avoided.
        min_age: the least age in years.
        not_in_pregnancy: whether it is not for use in pregnancy.
        caveat: what else the prescriber has to weigh, in plain words; "" for nothing.
        source_label: the source's short name.
        source_url: where the source is read.
    """

    rxcui: str
    name: str
    not_if_severe: bool
    min_age: int
    not_in_pregnancy: bool
    caveat: str
    source_label: str
    source_url: str

    @property
    def told(self) -> str:
        """The caveat as it follows the name: " (not in pregnancy)"; "" where there is none."""
        return f" ({self.caveat})" if self.caveat else ""


class Alternatives:
    """The reviewed alternatives, by ingredient to avoid and by indication."""

    def __init__(self, folder: Path, classes: Classes) -> None:
        indications: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for indication, _, system, code, *_ in tables.rows(folder, "indications"):
            indications[indication].add((_SYSTEMS[system], undotted(code)))
        self._rows = [
            (_avoided(avoided, classes), _codes(named, indications), _alternative(*rest))
            for avoided, named, *rest, _ in tables.rows(folder, "alternatives")
        ]

    def instead_of(self, drug: Drug, reasons: Iterable[Concept]) -> tuple[Alternative, ...]:
        """What to consider instead of a drug for the order's reasons; nothing without a reason.

        The patient is not looked at here: the caller checks each alternative.
        """
        told = {(s, undotted(code)) for reason in reasons for s, code in reason.codes}
        return tuple(self._found(drug, told))

    def _found(self, drug: Drug, codes: set[tuple[str, str]]) -> Iterator[Alternative]:
        for avoided, indications, alternative in self._rows:
            if not indications.isdisjoint(codes) and not avoided.isdisjoint(drug.ingredients):
                yield alternative


def _avoided(text: str, classes: Classes) -> frozenset[str]:
    """The ingredients that a cell names."""
    if text.startswith(_CLASS):
        return classes.members(text.removeprefix(_CLASS))
    return frozenset({text.removeprefix(_RXCUI)})


def _codes(named: str, indications: dict[str, set[tuple[str, str]]]) -> Codes:
    return frozenset(code for name in named.split("|") for code in indications[name])


def _alternative(  # noqa: PLR0913, PLR0917 - the columns of the table
    rxcui: str, name: str, limits: str, caveat: str, source_label: str, source_url: str
) -> Alternative:
    told = limits.split()
    ages = [limit.removeprefix(_MIN_AGE) for limit in told if limit.startswith(_MIN_AGE)]
    return Alternative(
        rxcui,
        name,
        not_if_severe="not-if-severe" in told,
        min_age=int(ages[0]) if ages else 0,
        not_in_pregnancy="not-in-pregnancy" in told,
        caveat=caveat,
        source_label=source_label,
        source_url=source_url,
    )
