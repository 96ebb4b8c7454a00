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

from rules import (
    Chart,
    Drug,
    Finding,
    Findings,
    Knowledge,
    MedicationOrder,
    NotChecked,
    Replacement,
    Source,
    allergy_conflicts,
    drugs_of,
    is_recognised,
    needs,
    plain,
    remove,
    rule,
    swap,
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
    named = [order for order in chart.selected if order.medication.label]
    if named:
        yield from unrecognised(chart.allergies, know)
    for order in named:
        if chart.allergies and not is_recognised(order, know):
            yield NotChecked(plain(order.label, 60), "the drug could not be recognised")
        if conflicts := allergy_conflicts(order, chart.allergies, know):
            offers = tuple(replacements(order, chart, know))
            evidence = [conflict.evidence for conflict in conflicts]
            evidence += [offer.evidence for offer in offers]
            yield Finding(
                indicator=conflicts[0].indicator,
                summary=conflicts[0].headline,
                about=(order,),
                detail="\n\n".join(evidence),
            ).suggest(remove(order), *offers)


def replacements(order: MedicationOrder, chart: Chart, know: Knowledge) -> Iterator[Replacement]:
    """Alternatives for the order's reason that are neither a conflict nor a duplicate."""
    if not chart.knows(needs.medications):
        return  # without the medication list, a duplicate could not be ruled out
    taken = ingredients((*chart.drafts, *chart.medications), know)
    offered = 0
    for drug in drugs_of(order, know):
        for alternative in know.alternatives(drug, order.reasons):
            advice = swap(order, alternative)
            other = advice.order
            if alternative.not_when or taken & ingredients([other], know):
                continue
            if allergy_conflicts(other, chart.allergies, know) or offered == MOST_ALTERNATIVES:
                continue
            offered += 1
            yield advice


def ingredients(orders: Iterable[MedicationOrder], know: Knowledge) -> set[str]:
    """The active ingredients of some orders."""
    drugs: list[Drug] = [drug for order in orders for drug in drugs_of(order, know)]
    return {code for drug in drugs for code in drug.ingredients}
