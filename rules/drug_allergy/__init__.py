"""Drug ordered despite an allergy on the chart.

What it checks:
    Each medication order just picked, or about to be signed, against each entry of the allergy
    list that stands: the same active ingredient, a drug of the same class, or one known to
    cross-react. Combinations are checked ingredient by ingredient.

Why it matters:
    Giving a drug the patient is known to react to is among the most avoidable of harms; giving one
    of the same class often has the same result.

When it stays silent:
    Entries that are refuted, entered in error, resolved or inactive. Classes that share a name and
    not a reaction: a sulfonamide antibiotic says nothing about sulfonamide diuretics, a penicillin
    nothing about most cephalosporins. Food and environment allergies.

What it suggests:
    To remove the order; and, where the order says what it is for and a cited guideline names an
    alternative for it, to replace it by one that conflicts with no allergy on the chart. Dose and
    directions are left to the prescriber.

Known limits:
    Entries recorded only in words that are not a known drug, brand or class cannot be checked, and
    the card says so. Inactive ingredients are not looked at.

Evidence:
    Khan DA, Banerji A, Blumenthal KG, et al. Drug allergy: a 2022 practice parameter update.
    J Allergy Clin Immunol 2022;150:1333-93. https://doi.org/10.1016/j.jaci.2022.08.028

History:
    1.0.0 First version.
"""

from collections.abc import Iterable, Iterator
from itertools import islice

from rules import (
    Chart,
    Charted,
    Finding,
    Findings,
    Knowledge,
    MedicationOrder,
    Replacement,
    Source,
    allergy_conflicts,
    charted,
    drugs_of,
    may_conflict,
    needs,
    remove,
    rule,
    swap,
    unidentified,
    unrecognised,
)

MOST_ALTERNATIVES = 3


@rule(
    hooks=("order-select", "order-sign"),
    checks="drug allergies",
    orders=("MedicationRequest",),
    needs=(needs.allergies,),
    helped_by=(needs.medications,),
    source=Source(
        label="Drug allergy: a 2022 practice parameter update",
        url="https://doi.org/10.1016/j.jaci.2022.08.028",
    ),
    version="1.0.0",
    reviewed="2026-11-21",
)
def drug_allergy(chart: Chart, know: Knowledge) -> Findings:
    """One card for each order that conflicts, led by the most urgent of its allergies."""
    chosen = [order for order in chart.selected if not order.is_blank]
    if not chosen:
        return
    allergies = charted(chart.allergies, know)
    yield from unrecognised(allergies)
    for order in chosen:
        if may_conflict(allergies):
            yield from unidentified(order, know)
        if conflicts := allergy_conflicts(order, allergies, know):
            offers = tuple(replacements(order, allergies, chart, know))
            evidence = [conflict.evidence for conflict in conflicts]
            evidence += [offer.evidence for offer in offers]
            yield Finding(
                indicator=conflicts[0].indicator,
                summary=conflicts[0].headline(),
                about=(order,),
                detail="\n\n".join(evidence),
            ).suggest(remove(order), *offers)


def replacements(
    order: MedicationOrder, allergies: list[Charted], chart: Chart, know: Knowledge
) -> Iterator[Replacement]:
    """Alternatives for the order's reason that are neither a conflict nor a duplicate."""
    if not chart.knows(needs.medications):
        return  # without the medication list, a duplicate could not be ruled out
    drafts = (
        swap(order, alternative)
        for drug in drugs_of(order, know)
        for alternative in know.alternatives(drug, order.reasons)
        if not alternative.not_when
    )
    safe = [draft for draft in drafts if not allergy_conflicts(draft.order, allergies, know)]
    if safe:
        taken = ingredients((*chart.drafts, *chart.medications), know)
        new = (draft for draft in safe if not taken & ingredients([draft.order], know))
        yield from islice(new, MOST_ALTERNATIVES)


def ingredients(orders: Iterable[MedicationOrder], know: Knowledge) -> set[str]:
    """The active ingredients of some orders."""
    return {code for order in orders for drug in drugs_of(order, know) for code in drug.ingredients}
