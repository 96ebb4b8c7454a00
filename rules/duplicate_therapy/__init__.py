"""Drug ordered that the patient takes already, or one like it.

What it checks:
    Each medication order just picked, or about to be signed, against the current medication list:
    the same active ingredient, or another drug of a class of which one is meant to be taken.
    Combinations are checked ingredient by ingredient.

Why it matters:
    Two prescriptions for the same thing double the dose, mostly unnoticed: from two prescribers,
    under a brand and a generic name, or inside a combination.

When it stays silent:
    Orders that say which one they renew or replace; orders to be taken as needed, on either side;
    products for different routes, such as a tablet and eye drops; orders that are stopped or
    completed. Classes in which two are often meant: insulins, opioids, antiplatelets, diuretics of
    different kinds. Aspirin beside another anti-inflammatory drug.

What it suggests:
    To remove the order.

Known limits:
    Entries of the list in words or codes that are not known here are passed over. One dose made of
    two strengths (warfarin, levothyroxine) looks like a duplicate. Two orders that lie on the pad
    together are not compared. The list of classes awaits a clinician's review: it follows the
    groups for which the criteria below were agreed.

Evidence:
    Heck J, Krichevsky B, Stichtenoth DO, et al. Duplicate prescriptions - proposal of a clinically
    oriented categorisation. Eur J Clin Pharmacol 2021;77:1589-91.
    https://doi.org/10.1007/s00228-021-03143-8

    Kim DS, Je NK, Kim GJ, et al. Therapeutic duplicate prescribing in Korean ambulatory care
    settings using the National Health Insurance claim data: criteria for acid-related,
    antimicrobial, antihypertensive and lipid-modifying drugs. Int J Clin Pharm 2015;37:76-85.
    https://doi.org/10.1007/s11096-014-0042-7

    Anti-inflammatory drugs: Prevalence and predictors of non-steroidal anti-inflammatory
    drug/analgesic therapeutic duplication. Eur J Clin Pharmacol 2015.
    https://doi.org/10.1007/s00228-015-1958-0

History:
    1.0.0 First version.
"""

from rules import (
    Chart,
    Finding,
    Findings,
    Knowledge,
    Source,
    needs,
    remove,
    rule,
    sentence,
    shorten,
    unidentified,
)

from .overlap import overlaps


@rule(
    hooks=("order-select", "order-sign"),
    checks="orders against the medication list",
    orders=("MedicationRequest",),
    needs=(needs.medications,),
    source=Source(
        label="Duplicate prescriptions: a clinically oriented categorisation",
        url="https://doi.org/10.1007/s00228-021-03143-8",
    ),
    version="1.0.0",
    reviewed="2026-11-21",
)
def duplicate_therapy(chart: Chart, know: Knowledge) -> Findings:
    """One card for each order, about all that it duplicates; the same ingredient comes first."""
    for order in chart.selected:
        if order.is_blank:
            continue
        yield from unidentified(order, know)
        if found := overlaps(order, chart.medications, know):
            first = found[0]
            again = "again" if first.same else f"beside one of the {first.group}"
            yield Finding(
                indicator="warning" if first.same else "info",
                summary=shorten(
                    f"{sentence(first.drug)} is ordered {again}; on the list: {first.what}"
                ),
                about=(order, *dict.fromkeys(overlap.other for overlap in found)),
                detail="\n".join(f"- {overlap.told}" for overlap in found),
            ).suggest(remove(order))
