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
    together are not compared. The list of classes awaits a clinician's review: it follows the groups
    for which the criteria below were agreed.

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

from collections.abc import Iterator
from typing import NamedTuple

from rules import (
    Chart,
    Finding,
    Findings,
    Knowledge,
    MedicationOrder,
    Source,
    drugs_of,
    markdown,
    needs,
    plain,
    remove,
    rule,
    sentence,
    shorten,
    unidentified,
)

#: Of each of these classes, one drug at a time is meant.
SINGLE = (
    *("ppis", "h2_blockers"),
    *("ace_inhibitors", "arbs", "beta_blockers", "dhp_ccbs", "non_dhp_ccbs", "thiazides"),
    *("statins", "fibrates"),
    *("penicillins", "cephalosporins", "fluoroquinolones", "macrolides", "tetracyclines"),
    *("nsaids",),
)
ASPIRIN = "1191"
#: Words in the names of RxNorm's products that tell the route.
ROUTES = {
    **dict.fromkeys(("oral", "chewable", "sublingual", "buccal"), "by mouth"),
    **dict.fromkeys(("topical", "transdermal"), "on the skin"),
    **dict.fromkeys(("ophthalmic", "otic", "nasal", "rectal", "vaginal"), "elsewhere"),
    **dict.fromkeys(("inhalation", "inhaler", "inhalant"), "by breath"),
    **dict.fromkeys(("injection", "injectable", "syringe"), "by needle"),
}


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
        listed = [other for other in chart.medications if may_duplicate(order, other, know)]
        found = sorted(
            (overlap for other in listed for overlap in overlaps(order, other, know)),
            key=lambda overlap: not overlap.same,
        )
        if found:
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


class Overlap(NamedTuple):
    """An ingredient of the order, and the order of the list that has it too, or one like it."""

    drug: str
    other: MedicationOrder
    group: str

    @property
    def same(self) -> bool:
        """Whether it is the very same ingredient."""
        return not self.group

    @property
    def what(self) -> str:
        """The order of the list, in a few words."""
        return plain(self.other.label, 60)

    @property
    def told(self) -> str:
        """The overlap as a line of Markdown."""
        tie = f"both are {self.group}" if self.group else f"the same ingredient, {self.drug}"
        return markdown(f"{self.other.label}: {tie}")


def overlaps(order: MedicationOrder, other: MedicationOrder, know: Knowledge) -> Iterator[Overlap]:
    """What two orders have in common: ingredients, or else classes."""
    ordered, listed = ingredients(order, know), ingredients(other, know)
    for code in sorted(ordered & listed):
        yield Overlap(know.name(code), other, "")
    if not ordered & listed:
        for group in SINGLE:
            members = know.members(group) - {ASPIRIN}
            if members & listed:
                for code in sorted(members & ordered):
                    yield Overlap(know.name(code), other, know.class_name(group))


def ingredients(order: MedicationOrder, know: Knowledge) -> set[str]:
    """The active ingredients of an order."""
    return {code for drug in drugs_of(order, know) for code in drug.ingredients}


def may_duplicate(order: MedicationOrder, other: MedicationOrder, know: Knowledge) -> bool:
    """Whether both would be taken: neither replaces the other, nor is as needed, by one route."""
    if other.reference in (order.reference, order.replaces):
        return False
    if order.is_as_needed or other.is_as_needed:
        return False
    ways = [routes(order, know), routes(other, know)]
    return not all(ways) or bool(ways[0] & ways[1])


def routes(order: MedicationOrder, know: Knowledge) -> set[str]:
    """The routes that the names of its products tell; none when they tell none."""
    names = [know.name(drug.matched.code) for drug in drugs_of(order, know) if drug.matched]
    words = " ".join(names or [order.label]).lower().split()
    return {ROUTES[word] for word in words if word in ROUTES}
