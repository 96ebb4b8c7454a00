"""What may be the case: each criterion of a row says whether it holds, or that nobody knows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from hooks.errors import NotKnown
from prefetch import needs
from prefetch.amount import COMPARISONS
from prefetch.chart import Chart
from prefetch.medication import MedicationOrder
from prefetch.needs import LabNeed, Need
from rules._allergy.orders import ingredients_of
from rules._finding import Referable
from rules._knowledge.knowledge import Knowledge
from rules._text import markdown


@dataclass(frozen=True, slots=True)
class Fact:
    """What made a criterion hold.

    Attributes:
        name: what a summary calls it in braces.
        words: how it reads on a card.
        evidence: a line for the card's detail.
        about: the entry of the chart; None for what is no entry.
    """

    name: str
    words: str
    evidence: str
    about: Referable | None = None


class Criterion(Protocol):
    """One column of one row."""

    @property
    def need(self) -> Need:
        """The data it reads."""

    def fact(self, chart: Chart, know: Knowledge, order: MedicationOrder) -> Fact | None:
        """What makes it hold; None when it does not.

        Raises:
            NotKnown: the chart does not say.
            NotObtained: the data could not be read.
        """


@dataclass(frozen=True, slots=True)
class HasCondition:
    """A condition with one of these codes is on the chart."""

    codes: tuple[tuple[str, str], ...]

    @property
    def need(self) -> Need:
        """The problem list."""
        return needs.conditions

    def fact(self, chart: Chart, _know: Knowledge, _order: MedicationOrder) -> Fact | None:
        """The first such condition."""
        for condition in chart.conditions:
            if any(condition.code.is_a(system, code) for system, code in self.codes):
                since = f", since {condition.since}" if condition.since else ""
                told = f"Condition: {markdown(condition.label)}{since}"
                return Fact("condition", condition.label, told, condition)
        return None


@dataclass(frozen=True, slots=True)
class LabIs:
    """The latest result of a test is so."""

    test: LabNeed
    days: int
    comparison: str
    number: float
    unit: str

    @property
    def need(self) -> Need:
        """The results of the test."""
        return self.test

    def fact(self, chart: Chart, _know: Knowledge, _order: MedicationOrder) -> Fact | None:
        """The result."""
        lab = chart.latest(self.test, days=self.days)
        if not COMPARISONS[self.comparison](lab.in_unit(self.unit), self.number):
            return None
        told = f"{markdown(self.test.name)}: {markdown(lab.shown)}, {lab.date}"
        return Fact("lab", f"{self.test.name} {lab.shown}", told, lab)


@dataclass(frozen=True, slots=True)
class AgeIs:
    """The patient is so old."""

    comparison: str
    number: float
    in_months: bool

    @property
    def need(self) -> Need:
        """The patient record."""
        return needs.patient

    def fact(self, chart: Chart, _know: Knowledge, _order: MedicationOrder) -> Fact | None:
        """The age."""
        age = chart.patient.age
        compared = age.months if self.in_months else age
        if not COMPARISONS[self.comparison](compared, self.number):
            return None
        return Fact("age", str(age), f"Age: {age}")


@dataclass(frozen=True, slots=True)
class IsFemale:
    """The patient is female, or is male."""

    wanted: bool

    @property
    def need(self) -> Need:
        """The patient record."""
        return needs.patient

    def fact(self, chart: Chart, _know: Knowledge, _order: MedicationOrder) -> Fact | None:
        """The gender."""
        if chart.patient.is_female is not self.wanted:
            return None
        return Fact("gender", chart.patient.gender, f"Gender: {chart.patient.gender}")


@dataclass(frozen=True, slots=True)
class WithDrug:
    """Another of these drugs is on the list, or on the pad."""

    ingredients: frozenset[str]

    @property
    def need(self) -> Need:
        """The medication list."""
        return needs.medications

    def fact(self, chart: Chart, know: Knowledge, order: MedicationOrder) -> Fact | None:
        """The first such order."""
        for other in (*chart.medications, *chart.drafts):
            if other.reference == order.reference:
                continue
            if not self.ingredients.isdisjoint(ingredients_of(other, know)):
                where = "drafted" if other in chart.drafts else "on the list"
                told = f"With: {markdown(other.label)}, {where}"
                return Fact("other", other.label, told, other)
        return None


def all_hold(
    criteria: tuple[Criterion, ...], look: Callable[[Criterion], Fact | None]
) -> list[Fact]:
    """The facts when every criterion holds; empty when one does not, whatever is not known.

    Raises:
        NotKnown: none fails to hold, and of one it is not known.
    """
    facts: list[Fact] = []
    doubt: NotKnown | None = None
    for criterion in criteria:
        try:
            fact = look(criterion)
        except NotKnown as unknown:
            doubt = doubt or unknown
            continue
        if fact is None:
            return []
        facts.append(fact)
    if doubt is not None:
        raise doubt
    return facts
