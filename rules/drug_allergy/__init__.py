"""Drug ordered despite an allergy on the chart.

What it checks:
    Each medication order just picked, or about to be signed, against each entry of the allergy
    list that stands: the same active ingredient, a drug of the same class, or one known to
    cross-react; and what some products hold besides, such as peanut oil. Combinations are checked
    ingredient by ingredient. How urgent the card is depends on the tie and on what the chart says
    of the reaction, by the table in `rules/_knowledge/tables/urgency.tsv`, which a site can change.
    Where there is a conflict, the record is searched for the same ingredient given since: a
    completed order or a dose, dated after all that the entry tells of, lowers the alert, and the
    card says so.

Why it matters:
    Giving a drug the patient is known to react to is among the most avoidable of harms; giving one
    of the same class often has the same result.

When it stays silent:
    Entries that are refuted, entered in error, resolved or inactive. Classes that share a name and
    not a reaction: a sulfonamide antibiotic says nothing about sulfonamide diuretics, a penicillin
    nothing about most cephalosporins. Other NSAIDs, when the reaction to one was a rash or an upset
    stomach. Distant relatives of a drug that was merely not tolerated. Environment, and food that
    is in no product ordered. Propofol, in spite of its egg lecithin and soybean oil.

What it suggests:
    To remove the order; and, where the order says what it is for and a cited guideline names an
    alternative for it, to replace it by one of up to three, each within the limits of its source,
    and put to every check as if it had been ordered. Dose and directions stay the prescriber's.

Known limits:
    Entries recorded only in words that are not a known drug, brand or class cannot be checked, and
    the card says so. Of inactive ingredients only those of `rules/_knowledge/tables/excipients.tsv`
    are known; where they depend on the form and the order has no product's code, that is said. A
    drug given since is taken as tolerated: whether it was, or was a desensitisation, is the
    reader's to judge.

Evidence:
    Khan DA, Banerji A, Blumenthal KG, et al. Drug allergy: a 2022 practice parameter update.
    J Allergy Clin Immunol 2022;150:1333-93. https://doi.org/10.1016/j.jaci.2022.08.028

History:
    1.0.0 First version.
    1.1.0 Urgency by a written table: intolerance and digestive effects weigh less for other members
    of a class, cephalosporins go by side chain, NSAIDs by the type of reaction.
    1.2.0 A drug that was given since lowers the alert; inactive ingredients; more alternatives,
    each put to every check.
    1.3.0 Every reaction counts, and the gravest leads; more wordings, and ties after a second
    reading of the sources; nothing is offered while something cannot be checked.
"""

from rules import (
    Chart,
    Finding,
    Findings,
    Knowledge,
    Source,
    allergy_conflicts,
    charted,
    contradiction,
    may_conflict,
    needs,
    remove,
    replacements,
    rule,
    unidentified,
    unrecognised,
    unsaid_contents,
)


@rule(
    hooks=("order-select", "order-sign"),
    checks="drug allergies",
    orders=("MedicationRequest",),
    needs=(needs.allergies,),
    helped_by=(
        needs.medications,
        needs.past_medications,
        needs.administrations,
        needs.patient,
    ),
    source=Source(
        label="Drug allergy: a 2022 practice parameter update",
        url="https://doi.org/10.1016/j.jaci.2022.08.028",
    ),
    version="1.3.0",
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
        yield from unsaid_contents(order, allergies, know)
        if conflicts := allergy_conflicts(order, allergies, know, chart):
            evidence = [conflict.evidence for conflict in conflicts]
            evidence += filter(None, [contradiction(allergies)])
            yield Finding(
                indicator=conflicts[0].indicator,
                summary=conflicts[0].headline(),
                about=(order,),
                detail="\n\n".join(evidence),
            ).suggest(remove(order), *replacements(order, conflicts, chart, know))
