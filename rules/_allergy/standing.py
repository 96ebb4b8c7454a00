"""Standing: how much weight an allergy entry has, by what the chart says of it.

A verification status of `unconfirmed` takes no weight away: some systems give it to every entry
that nobody has tested (87 of 191 entries in one vendor's captured answers).
"""

from typing import Final

from hooks.cards import Indicator
from prefetch.allergy import Allergy
from rules._allergy.reaction import told_of
from rules._knowledge.conflicts import Conflict
from rules._knowledge.knowledge import Knowledge
from rules._knowledge.urgency import Standing
from rules._remember import remembered

# An effect of the drug, not an allergy.
_EFFECTS: Final = frozenset({"digestive", "side-effect"})
# Reactions that belong to one drug, not to all that inhibit COX-1 (Kowalski 2013; FDA labels), nor
# to all that relax muscles, as the hyperthermia that succinylcholine sets off.
_SINGLE: Final = _EFFECTS | {"rash", "own"}
# What an entry tells of that is called an intolerance, and is none.
_ALLERGIC: Final = frozenset({"immediate", "respiratory"})


def standing(allergy: Allergy, know: Knowledge, *, food: bool = False) -> Standing:
    """`severe`, `plain` or `minor`; what is recorded as severe in any place is severe.

    Args:
        allergy: the entry.
        know: the knowledge tables.
        food: whether it is about what is eaten, where vomiting is a sign of allergy (NIAID/FAAN).
    """
    kinds = _kinds(allergy, know)
    if allergy.criticality == "high" or "severe" in kinds | allergy.severities:
        return "severe"
    mild = allergy.criticality == "low" and allergy.severities == {"mild"}
    intolerance = allergy.is_intolerance and kinds.isdisjoint(_ALLERGIC)
    effects = bool(kinds) and kinds <= _EFFECTS and not food
    return "minor" if intolerance or mild or effects else "plain"


def indicated(conflict: Conflict, allergy: Allergy, know: Knowledge) -> Indicator | None:
    """How urgent a conflict with an entry is, by the policy; None when it is to stay silent."""
    weight = standing(allergy, know, food=bool(conflict.contains))
    if conflict.only_severe and weight != "severe":
        return None
    return know.urgency(conflict, weight)


@remembered
def _kinds(allergy: Allergy, know: Knowledge, /) -> frozenset[str]:
    return know.reactions(told_of(allergy, know))


def can_cross(allergy: Allergy, know: Knowledge) -> bool:
    """Whether its reactions leave open that drugs of other structure cause them as well.

    What nobody knows the words of leaves it open.
    """
    kinds = _kinds(allergy, know)
    return not kinds or not kinds <= _SINGLE
