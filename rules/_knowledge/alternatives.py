"""Alternatives: what a cited guideline or label offers instead of a drug, for an indication."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from prefetch.coding import Concept
from prefetch.systems import ICD10CM, SNOMED
from rules._knowledge import tables
from rules._knowledge.drugs import Drug

_SYSTEMS: Final = {"icd-10-cm": ICD10CM, "snomed": SNOMED}


class Alternative(NamedTuple):
    """A drug to consider instead.

    Attributes:
        rxcui: an ingredient or an orderable product (RxNorm).
        name: its name.
        not_when: when the source does not offer it, in plain words; "" without such a limit.
        source_label: the source's short name.
        source_url: where the source is read.
    """

    rxcui: str
    name: str
    not_when: str
    source_label: str
    source_url: str


class Alternatives:
    """The reviewed alternatives, by ingredient to avoid and by indication."""

    def __init__(self, folder: Path) -> None:
        members: dict[str, set[str]] = defaultdict(set)
        for class_id, rxcui, *_ in tables.rows(folder, "class_members"):
            members[f"class:{class_id}"].add(rxcui)
        self._rows = [
            (
                members.get(avoided) or {avoided.removeprefix("rxcui:")},
                _codes(codes),
                Alternative(*rest),
            )
            for avoided, codes, *rest, _ in tables.rows(folder, "alternatives")
        ]

    def instead_of(self, drug: Drug, reasons: Iterable[Concept]) -> tuple[Alternative, ...]:
        """What to consider instead of a drug for the order's reasons; nothing without a reason.

        The patient's other allergies are not looked at here: the caller checks each alternative.
        """
        codes = {code for reason in reasons for code in reason.codes}
        return tuple(
            alternative
            for avoided, indications, alternative in self._rows
            if not indications.isdisjoint(codes) and not avoided.isdisjoint(drug.ingredients)
        )


def _codes(text: str) -> set[tuple[str, str]]:
    pairs = (code.split(":", 1) for code in text.split("|"))
    return {(_SYSTEMS[system], code) for system, code in pairs}
