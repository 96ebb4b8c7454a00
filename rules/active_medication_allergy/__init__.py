"""Active medication that conflicts with an allergy on the chart.

What it checks:
    When a chart is opened: each current medication order on the patient's list against each entry
    of the allergy list that stands.

Why it matters:
    An order that was written before the allergy was recorded, or over an alert, goes on being
    given. Either the order or the allergy entry needs a second look.

When it stays silent:
    Orders that are stopped, completed, cancelled, or that forbid the drug. Allergy entries that are
    refuted, entered in error, resolved or inactive. Low-strength cross-reactivity: a patient who
    takes the drug is not interrupted for a remote chance.

Known limits:
    Drugs in words or codes that are not known here cannot be checked, and a card says so. A drug
    that is on the list and well tolerated also conflicts; the card asks which of the two entries is
    right. It does not know of doses already given. What a product holds besides its drug is found
    only where the order has the product's code.

Evidence:
    Khan DA, Banerji A, Blumenthal KG, et al. Drug allergy: a 2022 practice parameter update.
    J Allergy Clin Immunol 2022;150:1333-93. https://doi.org/10.1016/j.jaci.2022.08.028

History:
    1.0.0 First version.
"""

from rules import (
    Chart,
    Finding,
    Findings,
    Knowledge,
    Source,
    allergy_conflicts,
    charted,
    may_conflict,
    needs,
    rule,
    unidentified,
)


@rule(
    hooks=("patient-view",),
    checks="current medications against allergies",
    needs=(needs.allergies, needs.medications),
    source=Source(
        label="Drug allergy: a 2022 practice parameter update",
        url="https://doi.org/10.1016/j.jaci.2022.08.028",
    ),
    version="1.0.0",
    reviewed="2026-11-21",
)
def active_medication_allergy(chart: Chart, know: Knowledge) -> Findings:
    """One card for each current medication that conflicts."""
    allergies = charted(chart.allergies, know)
    for order in chart.medications:
        if may_conflict(allergies):
            yield from unidentified(order, know)
        conflicts = allergy_conflicts(order, allergies, know)
        if conflicts and conflicts[0].indicator != "info":
            yield Finding(
                indicator="warning",
                summary=conflicts[0].headline("is on the list"),
                about=(order,),
                detail="\n\n".join(conflict.evidence for conflict in conflicts),
            )
