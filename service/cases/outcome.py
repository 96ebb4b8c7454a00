"""What came of a case in one variant."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rules._places import shown
from service.cases.case import Case
from service.cases.compare import Found


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a case in one variant.

    Attributes:
        case: the case.
        variant: the variant's name.
        differences: what is not as expected, in words; none when all is.
        found: the cards, in the terms of a case.
        answered: whether there was an answer of the rule at all, to be written into a case.
    """

    case: Case
    variant: str
    differences: list[str]
    found: list[Found]
    answered: bool = True

    @property
    def passed(self) -> bool:
        """Whether it is as it should be; a case that is known to be wrong must fail."""
        if not self.answered:
            return not self.differences
        return bool(self.differences) == bool(self.case.written.known_wrong)

    @property
    def known_wrong(self) -> bool:
        """Whether it failed as its label says."""
        return self.answered and bool(self.differences and self.case.written.known_wrong)

    def review(self) -> str:
        """Why it did not pass, as a reviewer would say it."""
        return review([self])


def review(outcomes: Sequence[Outcome]) -> str:
    """The same of variants that failed alike."""
    case = outcomes[0].case
    names = ", ".join(outcome.variant for outcome in outcomes)
    lines = [f"{case.id} ({names})", f"  {case.written.why}", *_setting(case), ""]
    if case.written.known_wrong and not outcomes[0].differences:
        lines += ["  It is labelled known_wrong, and the answer is right now:", ""]
        lines += [f"    {case.written.known_wrong}", "", "  Take the label off."]
    return "\n".join([*lines, *(f"  {line}" for line in outcomes[0].differences)]).rstrip()


def reviews(failed: Sequence[Outcome]) -> Iterator[str]:
    """A review for each case, the variants that failed alike together."""
    alike: dict[tuple[str, ...], list[Outcome]] = {}
    for outcome in failed:
        alike.setdefault((outcome.case.id, *outcome.differences), []).append(outcome)
    yield from map(review, alike.values())


def _setting(case: Case) -> list[str]:
    """Chart, hook, day and orders, as the case was run."""
    told = [f"  {case.written.hook} on {case.written.today}, chart {shown(case.chart.path)}"]
    return told + [f"  order: {_label(order)}" for order in case.drafts()]


def _label(order: dict[str, object]) -> str:
    drug = order.get("medicationCodeableConcept")
    text = drug.get("text") if isinstance(drug, dict) else None
    return str(text or order.get("resourceType"))
