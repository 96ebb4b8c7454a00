"""Tolerance: whether the patient was given the drug after all that an allergy entry tells of.

What counts is a completed order, or a dose that was given, dated after the last day of which the
entry tells, be it a reaction or its recording. Without a date on both sides nothing can be said to
be later. A form for one place of the body, such as eye drops, says little of the whole, and does
not count.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from hooks.errors import NotObtained
from prefetch.administration import Administration
from prefetch.allergy import Allergy
from prefetch.chart import Chart
from prefetch.dates import PartialDate
from prefetch.medication import MedicationOrder
from rules._allergy.orders import drugs_of
from rules._knowledge.drugs import Drug
from rules._knowledge.knowledge import Knowledge
from rules._text import markdown

# A patch or an implant may be for the whole body: it is left out for safety. Words of dose forms in
# RxNorm's names of products, and in orders as people write them.
_LOCAL: Final = frozenset(
    {
        *("topical", "ophthalmic", "otic", "nasal", "vaginal", "rectal"),
        *("cream", "ointment", "lotion", "gel", "drop", "drops", "eye", "ear"),
        *("inhalation", "inhalant", "inhaler", "nebulizer", "irrigation", "patch", "implant"),
        *("pad", "pads", "swab", "shampoo", "soap"),
        *("foam", "spray", "paste", "mouthwash", "mucosal"),
        *("enema", "intravesical", "ophth", "oint"),
    }
)
# Vancomycin is not absorbed from the gut (label of Vancocin HCl, oral).
_UNABSORBED: Final = frozenset({"11124"})
_SWALLOWED: Final = frozenset(
    {"oral", "capsule", "capsules", "tablet", "tablets", "cap", "caps", "po"}
)
_WORD: Final = re.compile(r"[a-z]+")


class Given(NamedTuple):
    """A drug that was given, and when.

    Attributes:
        what: the order or the dose.
        date: its day, as exactly as it is known.
    """

    what: MedicationOrder | Administration
    date: PartialDate

    @property
    def told(self) -> str:
        """The fact, as a line of Markdown."""
        how = "dose given on" if isinstance(self.what, Administration) else "completed order of"
        return f"- Since then: {markdown(self.what.label)}, {how} {self.date}; lowered for that"


def given_since(rxcui: str, allergy: Allergy, chart: Chart, know: Knowledge) -> Given | None:
    """The last time an ingredient was given after all that an allergy entry tells of, if it was.

    What was not obtained counts for nothing: the alert stays as it is.
    """
    told = allergy.last_told
    if told is None:
        return None
    dated = (Given(what, what.date) for what in _taken(chart) if what.date)
    later = [g for g in dated if told.latest < g.date.earliest <= chart.today]
    later.sort(key=lambda given: given.date.earliest, reverse=True)
    return next((g for g in later if _holds(rxcui, g.what, know)), None)


def _taken(chart: Chart) -> Iterator[MedicationOrder | Administration]:
    for name in ("past_medications", "administrations"):
        try:
            yield from getattr(chart, name)
        except NotObtained:
            continue


def _holds(rxcui: str, what: MedicationOrder | Administration, know: Knowledge) -> bool:
    """Whether the ingredient is in a drug, and in a form for the whole body."""
    local = _LOCAL | _SWALLOWED if rxcui in _UNABSORBED else _LOCAL
    return any(
        rxcui in drug.ingredients and local.isdisjoint(_words(what, drug, know))
        for drug in drugs_of(what, know)
    )


def _words(what: MedicationOrder | Administration, drug: Drug, know: Knowledge) -> set[str]:
    return set(_WORD.findall(f"{know.ordered_name(drug)} {what.label}".lower()))
