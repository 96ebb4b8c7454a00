"""What two orders have in common, and whether both would be taken."""

from collections.abc import Iterable
from typing import NamedTuple

from rules import Knowledge, MedicationOrder, drugs_of, ingredients_of, markdown, plain

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


def overlaps(
    order: MedicationOrder, listed: Iterable[MedicationOrder], know: Knowledge
) -> list[Overlap]:
    """What an order has in common with those of the list; the same ingredient comes first."""
    alike = like(order, know)
    found = [
        Overlap(know.name(alike[code].ingredient), other, alike[code].group)
        for other in listed
        for code in sorted(alike.keys() & ingredients_of(other, know))
        if may_duplicate(order, other, know)
    ]
    return sorted(found, key=lambda overlap: not overlap.same)


class Alike(NamedTuple):
    """An ordered ingredient, and the class that ties another to it; "" for itself."""

    ingredient: str
    group: str


def like(order: MedicationOrder, know: Knowledge) -> dict[str, Alike]:
    """Every ingredient that would double one of the order's."""
    ordered = ingredients_of(order, know)
    found = {code: Alike(code, "") for code in ordered}
    for group in SINGLE:
        for code in sorted(ordered.intersection(know.members(group)) - {ASPIRIN}):
            name = know.class_name(group)
            found = {m: Alike(code, name) for m in know.members(group) if m != ASPIRIN} | found
    return found


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
    names = [name for drug in drugs_of(order, know) if (name := know.ordered_name(drug))]
    words = " ".join(names or [order.label]).lower().split()
    return {ROUTES[word] for word in words if word in ROUTES}
