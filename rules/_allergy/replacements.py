"""Replacements: what a cited source offers in place of an order, within its limits."""

from collections.abc import Iterator, Sequence

from hooks.errors import NotKnown, NotObtained
from prefetch import needs
from prefetch.chart import Chart
from prefetch.medication import MedicationOrder
from rules._advice import swap
from rules._allergy.conflicts import AllergyConflict
from rules._allergy.orders import drugs_of, ingredients_of
from rules._allergy.standing import standing
from rules._finding import Replacement
from rules._knowledge.alternatives import Alternative
from rules._knowledge.knowledge import Knowledge


def replacements(
    order: MedicationOrder, conflicts: Sequence[AllergyConflict], chart: Chart, know: Knowledge
) -> Iterator[Replacement]:
    """Alternatives for the order's reason that this patient may have and does not have yet.

    Every rule is asked about each of them afterwards; what one of them objects to is not offered.
    """
    drugs = drugs_of(order, know)
    offered = [each for drug in drugs for each in know.alternatives(drug, order.reasons)]
    if not offered or not chart.knows(needs.medications):
        return  # without the medication list, a duplicate could not be ruled out
    severe = any(standing(conflict.allergy, know) == "severe" for conflict in conflicts)
    others = [ingredients_of(other, know) for other in (*chart.drafts, *chart.medications)]
    taken = frozenset().union(*others)
    for alternative in dict.fromkeys(offered):
        if (severe and alternative.not_if_severe) or not _old_enough(chart, alternative):
            continue
        draft = swap(order, _told(alternative, chart))
        if taken.isdisjoint(ingredients_of(draft.order, know)):
            yield draft


def _old_enough(chart: Chart, alternative: Alternative) -> bool:
    """Whether the patient is certainly not younger than the source wants."""
    try:
        return not alternative.min_age or bool(chart.patient.age >= alternative.min_age)
    except (NotObtained, NotKnown):
        return False


def _told(alternative: Alternative, chart: Chart) -> Alternative:
    """The alternative with all that its reader has to weigh in its caveat."""
    if not alternative.not_in_pregnancy or _is_male(chart):
        return alternative
    caveat = "; ".join(filter(None, ("not in pregnancy", alternative.caveat)))
    return alternative._replace(caveat=caveat)


def _is_male(chart: Chart) -> bool:
    try:
        return chart.patient.gender == "male"
    except NotObtained:
        return False
