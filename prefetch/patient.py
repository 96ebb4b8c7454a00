"""Patient, read tolerantly (https://hl7.org/fhir/R4/patient.html), and how old somebody is."""

from datetime import date
from typing import Final, Literal

import msgspec

from hooks.errors import NotKnown
from prefetch.amount import Amount
from prefetch.coding import as_text
from prefetch.dates import PartialDate, partial_date
from prefetch.frozen import put
from prefetch.item import Item
from prefetch.not_on_file import NotOnFile
from prefetch.references import Resource, typed

_MONTHS: Final = 12
# Below this many years, an age is told in months.
_TOLD_IN_MONTHS: Final = 2


class Age(Amount):
    """An age in years, to compare with numbers: `age >= 65`.

    A birth date of which only the year is known leaves two ages possible; a comparison that they
    answer differently raises `NotKnown`.

    Attributes:
        months: the same in months.
    """

    __slots__ = ("months",)
    months: Amount

    def __init__(self, birth: PartialDate, today: date) -> None:
        """The age on a day of somebody born then."""
        least, most = (_months(day, today) for day in (birth.latest, birth.earliest))
        low, high = least // _MONTHS, most // _MONTHS
        unit = "years"
        if high < _TOLD_IN_MONTHS:
            shown = _range(least, most, "month")
        else:
            shown = _range(low, high, unit.removesuffix("s"))
        super().__init__(low, high, shown, "age")
        months = Amount(least, most, _range(least, most, "month"), "age")
        put(self, "months", months)


class PatientRead(msgspec.Struct, frozen=True, gc=False, kw_only=True, rename="camel"):
    """What is read of a Patient."""

    resource_type: Literal["Patient"]
    id: str = ""
    birth_date: str = ""
    gender: str = ""


def patient_read(resource: Resource) -> PatientRead:
    """The same of a resource of any shape."""
    return PatientRead(
        resource_type="Patient",
        id=as_text(resource.get("id")),
        birth_date=as_text(resource.get("birthDate")),
        gender=as_text(resource.get("gender")),
    )


class Patient(Item[PatientRead]):
    """Who the patient is, as far as rules need to know."""

    _today: date

    def __init__(self, resource: Resource, today: date) -> None:
        """Wrap the resource, as it is on a day."""
        super().__init__(typed(resource, PatientRead, patient_read), resource)
        put(self, "_today", today)

    @property
    def birth_date(self) -> PartialDate | None:
        """As exact as it was recorded; None when it is not."""
        return partial_date(self._read.birth_date)

    @property
    def age(self) -> Age | NotOnFile:
        """On the day of the call."""
        born = self.birth_date
        if born is None or born.earliest > self._today:
            return NotOnFile("no date of birth is on file")
        return Age(born, self._today)

    @property
    def gender(self) -> str:
        """Administrative gender: `male`, `female`, `other`, `unknown`, or "" when not on file."""
        return self._read.gender.strip().lower()

    @property
    def is_female(self) -> bool:
        """Whether the chart says female.

        Raises:
            NotKnown: it says neither female nor male.
        """
        if self.gender not in ("female", "male"):
            raise NotKnown("whether the patient is female or male is not on file")
        return self.gender == "female"


def _months(born: date, today: date) -> int:
    """Completed months from a day to another; 0 when the first has not come yet."""
    months = (today.year - born.year) * _MONTHS + today.month - born.month
    return max(months - (today.day < born.day), 0)


def _range(low: int, high: int, unit: str) -> str:
    if low == high:
        return f"{low} {unit}" if low == 1 else f"{low} {unit}s"
    return f"{low} {'or' if high == low + 1 else 'to'} {high} {unit}s"
