"""Observation, read tolerantly (https://hl7.org/fhir/R4/observation.html)."""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, time
from math import isfinite
from typing import Any, Final, Literal

import msgspec

from hooks.errors import NotKnown
from prefetch.amount import Amount, limited
from prefetch.coding import NOTHING, Concept, as_list, as_text, concept, concepts
from prefetch.dates import PartialDate, Period, partial_date, period
from prefetch.frozen import put
from prefetch.item import Item
from prefetch.lazy import lazy
from prefetch.references import NOWHERE, Meta, Reference, Resource, typed
from prefetch.systems import LOINC, UCUM
from prefetch.units import factor

# A result that was withdrawn, or is not there yet. One of another status, or none, counts.
_SILENT: Final = frozenset({"entered-in-error", "cancelled", "registered"})
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


class Quantity(msgspec.Struct, frozen=True, gc=False):
    """What is read of a Quantity."""

    value: float | None = None
    comparator: str = ""
    unit: str = ""
    system: str = ""
    code: str = ""

    @property
    def ucum(self) -> str:
        """The unit's code where it is of UCUM, else the unit as it was written."""
        coded = self.system.strip().rstrip("/") == UCUM and self.code.strip()
        return coded or self.unit.strip() or self.code.strip()


class Measured(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """What an Observation, and each of its components, may say."""

    code: Concept = NOTHING
    value_quantity: Quantity | None = None
    value_codeable_concept: Concept = NOTHING
    value_string: str = ""
    interpretation: tuple[Concept, ...] = ()


class ObservationRead(msgspec.Struct, frozen=True, gc=False, kw_only=True, rename="camel"):
    """What is read of one: the elements as FHIR has them, so that JSON becomes one at once."""

    resource_type: Literal["Observation"]
    id: str = ""
    meta: Meta | None = None
    who: Reference = msgspec.field(name="subject", default=NOWHERE)
    _also: None = msgspec.field(name="patient", default=None)
    status: str = ""
    code: Concept = NOTHING
    value_quantity: Quantity | None = None
    value_codeable_concept: Concept = NOTHING
    value_string: str = ""
    interpretation: tuple[Concept, ...] = ()
    effective_date_time: str = ""
    effective_instant: str = ""
    effective_period: Period | None = None
    issued: str = ""
    component: tuple[Measured, ...] = ()


def observation_read(resource: Resource) -> ObservationRead:
    """The same of a resource of any shape: what is bent reads as what it must mean."""
    parts = [part for part in as_list(resource.get("component")) if isinstance(part, dict)]
    return ObservationRead(
        resource_type="Observation",
        id=as_text(resource.get("id")),
        status=as_text(resource.get("status")),
        effective_date_time=as_text(resource.get("effectiveDateTime")),
        effective_instant=as_text(resource.get("effectiveInstant")),
        effective_period=period(resource.get("effectivePeriod")),
        issued=as_text(resource.get("issued")),
        component=tuple(Measured(**_measured(part)) for part in parts),
        **_measured(resource),
    )


def _measured(part: Resource) -> dict[str, Any]:
    return {
        "code": concept(part.get("code")),
        "value_quantity": _quantity(part.get("valueQuantity")),
        "value_codeable_concept": concept(part.get("valueCodeableConcept")),
        "value_string": as_text(part.get("valueString")),
        "interpretation": concepts(part.get("interpretation")),
    }


def _quantity(value: Any) -> Quantity | None:
    if not isinstance(value, dict):
        return None
    number = value.get("value")
    known = isinstance(number, int | float) and not isinstance(number, bool)
    words = (as_text(value.get(name)) for name in ("comparator", "unit", "system", "code"))
    try:
        return Quantity(float(number) if known else None, *words)  # type: ignore[arg-type]
    except OverflowError:
        return Quantity(None, *words)


class Lab(Item[ObservationRead]):
    """One result: of a laboratory, or a vital sign."""

    _part: ObservationRead | Measured
    name: str

    def __init__(
        self,
        read: ObservationRead,
        part: ObservationRead | Measured,
        name: str,
        sent: Resource | None = None,
    ) -> None:
        """Make it.

        Args:
            read: the Observation.
            part: itself, or the one of its components that is the result.
            name: what a clinician calls the test.
            sent: the resource, where it was read as one.
        """
        super().__init__(read, sent)
        put(self, "_part", part)
        put(self, "name", name)

    @property
    def code(self) -> Concept:
        """What was measured."""
        return self._part.code

    @property
    def counts(self) -> bool:
        """Whether it is a result: there is a value, and it was not withdrawn."""
        if self._read.status.strip().lower() in _SILENT:
            return False
        quantity = self._part.value_quantity
        return bool(quantity and quantity.value is not None) or bool(self.answer)

    @property
    def answer(self) -> str:
        """The result in words or as a code's name, where it is no quantity; else ""."""
        return self._part.value_codeable_concept.label or self._part.value_string.strip()

    @property
    def answer_code(self) -> Concept:
        """The result as a concept, where it is one."""
        return self._part.value_codeable_concept

    @property
    def flags(self) -> frozenset[str]:
        """Codes of its interpretation, such as `H`, `L`, `HH`, `LL`, `N`, `A`."""
        return frozenset(c.code for i in self._part.interpretation for c in i.codings if c.code)

    @lazy
    def date(self) -> PartialDate | None:
        """The day it is of; None when it is not said."""
        return partial_date(self._when)

    @lazy
    def moment(self) -> datetime:
        """To tell the newer of two: a date without its time counts as its first moment."""
        try:
            found = datetime.fromisoformat(self._when)
            return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            day = self.date
            return datetime.combine(day.earliest, time.min, UTC) if day else _LONG_AGO

    @property
    def shown(self) -> str:
        """The result as it was sent: "28 mL/min/{1.73_m2}", "<15 mg/L", or its words."""
        quantity = self._part.value_quantity
        if quantity is None or quantity.value is None:
            return self.answer
        unit = quantity.unit.strip() or quantity.code.strip()
        return f"{quantity.comparator.strip()}{quantity.value:.10g} {unit}".strip()

    def in_unit(
        self, unit: str, *, grams_per_mole: float | None = None, valence: int | None = None
    ) -> Amount:
        """The result in a unit of UCUM, to compare with numbers.

        Args:
            unit: such as `mg/dL`.
            grams_per_mole: the substance's molar mass, to take results in moles for mass.
            valence: its charge, to take milliequivalents for millimoles.

        Raises:
            NotKnown: it is no number, or its unit is not one that can be converted.
        """
        quantity = self._part.value_quantity
        if quantity is None or quantity.value is None:
            raise NotKnown(f"the {self.name} is not on file as a number")
        times = factor(quantity.ucum, unit, grams_per_mole, valence)
        if times is None:
            raise NotKnown(f"the {self.name} is on file in a unit that cannot be converted")
        # twelve digits: what the conversion adds beyond them is not measured
        number = float(f"{quantity.value * times:.12g}")
        if not isfinite(number):
            raise NotKnown(f"the {self.name} is not on file as a number")
        return limited(number, quantity.comparator.strip(), self.shown, self.name)

    @property
    def _when(self) -> str:
        lasted = self._read.effective_period or Period()
        said = (self._read.effective_date_time, self._read.effective_instant, lasted.end)
        return next(filter(None, map(str.strip, (*said, lasted.start, self._read.issued))), "")


def labs(resource: ObservationRead | Resource, name: str, codes: Collection[str]) -> Iterator[Lab]:
    """The results with one of these LOINC codes: the Observation's own, else of its components."""
    sent = None if isinstance(resource, ObservationRead) else resource
    read = (
        resource
        if isinstance(resource, ObservationRead)
        else typed(resource, ObservationRead, observation_read)
    )
    parts = [part for part in read.component if part.code.is_a(LOINC, *codes)]
    if not parts and read.code.is_a(LOINC, *codes):
        yield Lab(read, read, name, sent)
    yield from (Lab(read, part, name, sent) for part in parts)
