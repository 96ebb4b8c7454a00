"""Standing: how much weight an allergy entry has, by what the chart says of it.

A verification status of `unconfirmed` takes no weight away: some systems give it to every entry
that nobody has tested (87 of 191 entries in one vendor's captured answers).
"""

from typing import Final

from prefetch.allergy import Allergy
from rules._knowledge.knowledge import Knowledge
from rules._knowledge.urgency import Standing

# Reactions that belong to one drug, not to all that inhibit COX-1 (Kowalski 2013; FDA labels).
_SINGLE: Final = frozenset({"digestive", "rash"})


def standing(allergy: Allergy, know: Knowledge) -> Standing:
    """`severe`, `plain` or `minor`; what is recorded as severe in any place is severe."""
    kinds = know.reactions(allergy.told)
    if allergy.criticality == "high" or "severe" in kinds | allergy.severities:
        return "severe"
    mild = allergy.criticality == "low" and allergy.severities == {"mild"}
    return "minor" if allergy.is_intolerance or mild or kinds == {"digestive"} else "plain"


def can_cross(allergy: Allergy, know: Knowledge) -> bool:
    """Whether its reactions leave open that drugs of other structure cause them as well."""
    kinds = know.reactions(allergy.told)
    return not kinds or not kinds <= _SINGLE
