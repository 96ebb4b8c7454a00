"""Condition, read tolerantly (https://hl7.org/fhir/R4/condition.html)."""

from typing import Final, Literal

import msgspec

from prefetch.coding import NOTHING, Concept, as_text, concept, concepts
from prefetch.dates import PartialDate, Period, first_known, period
from prefetch.item import Item, read_of
from prefetch.lazy import lazy
from prefetch.references import NOWHERE, Meta, Reference, Resource

_SILENT_VERIFICATION: Final = frozenset({"refuted", "entered-in-error"})
_SILENT_CLINICAL: Final = frozenset({"inactive", "remission", "resolved"})


class ConditionRead(msgspec.Struct, frozen=True, gc=False, kw_only=True, rename="camel"):
    """What is read of an entry: the elements as FHIR has them, so that JSON becomes one at once."""

    resource_type: Literal["Condition"]
    id: str = ""
    meta: Meta | None = None
    who: Reference = msgspec.field(name="subject", default=NOWHERE)
    _also: None = msgspec.field(name="patient", default=None)
    code: Concept = NOTHING
    clinical_status: Concept = NOTHING
    verification_status: Concept = NOTHING
    category: tuple[Concept, ...] = ()
    onset_date_time: str = ""
    onset_period: Period | None = None
    abatement_date_time: str = ""
    recorded_date: str = ""


def condition_read(resource: Resource) -> ConditionRead:
    """The same of a resource of any shape: what is bent reads as what it must mean."""
    return ConditionRead(
        resource_type="Condition",
        id=as_text(resource.get("id")),
        code=concept(resource.get("code")),
        clinical_status=concept(resource.get("clinicalStatus")),
        verification_status=concept(resource.get("verificationStatus")),
        category=concepts(resource.get("category")),
        onset_date_time=as_text(resource.get("onsetDateTime")),
        onset_period=period(resource.get("onsetPeriod")),
        abatement_date_time=as_text(resource.get("abatementDateTime")),
        recorded_date=as_text(resource.get("recordedDate")),
    )


class Condition(Item[ConditionRead]):
    """A problem or diagnosis. Absent parts read as empty, never as a value."""

    def __init__(self, resource: ConditionRead | Resource) -> None:
        """Wrap the resource."""
        super().__init__(*read_of(resource, ConditionRead, condition_read))

    @property
    def code(self) -> Concept:
        """What the patient has."""
        return self._read.code

    @property
    def label(self) -> str:
        """What a person would call it; "a condition" when nothing names it."""
        return self._read.code.label or "a condition"

    @property
    def clinical_status(self) -> str:
        """`active`, `recurrence`, `relapse`, `inactive`, `remission`, `resolved`, or ""."""
        return self._read.clinical_status.status

    @property
    def verification_status(self) -> str:
        """`confirmed`, `unconfirmed`, `provisional`, `differential`, `refuted`, … or ""."""
        return self._read.verification_status.status

    @property
    def counts(self) -> bool:
        """Whether it stands: not refuted, entered in error, inactive, in remission or resolved.

        One without any status stands, unless it says when it ended: leaving it out would be the
        more dangerous error.
        """
        if not self.clinical_status and self._read.abatement_date_time.strip():
            return False
        return (
            self.verification_status not in _SILENT_VERIFICATION
            and self.clinical_status not in _SILENT_CLINICAL
        )

    @property
    def is_certain(self) -> bool:
        """Whether it is more than suspected: not unconfirmed, provisional or differential."""
        return self.verification_status in ("confirmed", "")

    @property
    def categories(self) -> frozenset[str]:
        """`problem-list-item`, `encounter-diagnosis`, …; empty when it is not said."""
        return frozenset(c.code for concept in self._read.category for c in concept.codings)

    @lazy
    def since(self) -> PartialDate | None:
        """When it began, or else when it was recorded; None when neither is said.

        1 January 1900 stands for "unknown" in some systems, and reads as None.
        """
        began = self._read.onset_period.start if self._read.onset_period else ""
        return first_known(self._read.onset_date_time, began, self._read.recorded_date)
