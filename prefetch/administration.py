"""MedicationAdministration: a dose that was given, read tolerantly.

https://hl7.org/fhir/R4/medicationadministration.html
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

from prefetch.coding import as_text
from prefetch.dates import PartialDate, Period, first_known, period
from prefetch.frozen import put
from prefetch.item import Item, read_of
from prefetch.lazy import lazy
from prefetch.medication import Medication, OfDrug, medication_of, of_drug
from prefetch.references import NOWHERE, Meta, Reference, Resource


class MedicationAdministration(OfDrug, frozen=True, gc=False, kw_only=True, rename="camel"):
    """What is read of it: the elements as FHIR has them, so that JSON becomes one at once."""

    resource_type: Literal["MedicationAdministration"]
    id: str = ""
    meta: Meta | None = None
    who: Reference = msgspec.field(name="subject", default=NOWHERE)
    _also: None = msgspec.field(name="patient", default=None)
    status: str = ""
    effective_date_time: str = ""
    effective_period: Period | None = None


def medication_administration(resource: Resource) -> MedicationAdministration:
    """The same of a resource of any shape: what is bent reads as what it must mean."""
    return MedicationAdministration(
        resource_type="MedicationAdministration",
        id=as_text(resource.get("id")),
        status=as_text(resource.get("status")),
        effective_date_time=as_text(resource.get("effectiveDateTime")),
        effective_period=period(resource.get("effectivePeriod")),
        **of_drug(resource),
    )


class Administration(Item[MedicationAdministration]):
    """A dose that was given, or was to be.

    Attributes:
        medication: the drug, from wherever it is kept.
    """

    medication: Medication

    def __init__(
        self,
        resource: MedicationAdministration | Resource,
        medications: Mapping[str, Resource],
    ) -> None:
        """Wrap the resource.

        Args:
            resource: the MedicationAdministration.
            medications: Medication resources by `Type/id`, for references that leave it.
        """
        super().__init__(*read_of(resource, MedicationAdministration, medication_administration))
        put(self, "medication", medication_of(self._read, medications))

    @property
    def label(self) -> str:
        """What a person would call the drug; "a medication" when nothing names it."""
        return self.medication.label or "a medication"

    @property
    def is_completed(self) -> bool:
        """Whether the dose was given: not withheld, stopped half-way, or entered in error."""
        return self._read.status.strip().lower() == "completed"

    @lazy
    def date(self) -> PartialDate | None:
        """When it was given, or giving it began; None when it is not said."""
        began = self._read.effective_period.start if self._read.effective_period else ""
        return first_known(self._read.effective_date_time, began)
