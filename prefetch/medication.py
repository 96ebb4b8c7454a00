"""MedicationRequest and the drug it is for (https://hl7.org/fhir/R4/medicationrequest.html).

The drug comes inline, contained, as a sibling entry, or as a reference that must be read.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from prefetch.aliases import NO_ALIASES, Aliases
from prefetch.coding import NOTHING, Concept, as_list, as_text, concept, concepts
from prefetch.dates import PartialDate, first_known
from prefetch.frozen import frozen, put
from prefetch.item import Item
from prefetch.lazy import lazy
from prefetch.references import NOWHERE, Meta, Reference, Resource, bare, contained, target, typed

# `unknown` and no status at all may well be taken (OpenEMR sends them): leaving them out would
# be the more dangerous error.
_CURRENT: Final = frozenset({"active", "on-hold", "unknown", "draft", ""})

_PLANNED: Final = frozenset({"proposal", "plan", "option"})

# The read of one Medication: no query, and no step up to another path.
_READ: Final = re.compile(r"Medication/(?!\.+$)[\w.~-]+", re.ASCII)


class Medication(msgspec.Struct, frozen=True, gc=False):
    """What is ordered: the product as coded or named, and its ingredients where listed."""

    product: Concept
    ingredients: tuple[Concept, ...] = ()

    @property
    def label(self) -> str:
        """What a person would call it; "" when nothing names it."""
        return self.product.label or " / ".join(i.label for i in self.ingredients)

    @property
    def concepts(self) -> tuple[Concept, ...]:
        """The product, then its ingredients."""
        return tuple(c for c in (self.product, *self.ingredients) if c)


class Dosage(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """What is read of a dosage instruction: whether it is to be taken as needed."""

    as_needed_boolean: bool = False
    as_needed_codeable_concept: Concept = NOTHING


class OfDrug(msgspec.Struct, frozen=True, gc=False, kw_only=True, rename="camel"):
    """What is read of whatever is about a drug: where it says which."""

    medication_codeable_concept: Concept = NOTHING
    medication_reference: Reference = NOWHERE
    contained: list[Any] = []


class MedicationRequest(OfDrug, frozen=True, gc=False, kw_only=True, rename="camel"):
    """What is read of an order: the elements as FHIR has them, so that JSON becomes one at once."""

    resource_type: Literal["MedicationRequest"]
    id: str = ""
    meta: Meta | None = None
    who: Reference = msgspec.field(name="subject", default=NOWHERE)
    _also: None = msgspec.field(name="patient", default=None)
    status: str = ""
    intent: str = ""
    do_not_perform: bool = False
    authored_on: str = ""
    reason_code: tuple[Concept, ...] = ()
    prior_prescription: Reference = NOWHERE
    dosage_instruction: tuple[Dosage, ...] = ()


def of_drug(resource: Resource) -> dict[str, Any]:
    """What a resource of any shape says of the drug, as the arguments of an `OfDrug`."""
    link = resource.get("medicationReference")
    shown = as_text(link.get("display")) if isinstance(link, dict) else ""
    return {
        "medication_codeable_concept": concept(resource.get("medicationCodeableConcept")),
        "medication_reference": Reference(target(link), shown),
        "contained": as_list(resource.get("contained")),
    }


def medication_request(resource: Resource) -> MedicationRequest:
    """The same of a resource of any shape: what is bent reads as what it must mean."""
    return MedicationRequest(
        resource_type="MedicationRequest",
        id=as_text(resource.get("id")),
        status=as_text(resource.get("status")),
        intent=as_text(resource.get("intent")),
        do_not_perform=resource.get("doNotPerform") is True,
        authored_on=as_text(resource.get("authoredOn")),
        reason_code=concepts(resource.get("reasonCode")),
        prior_prescription=Reference(target(resource.get("priorPrescription"))),
        dosage_instruction=tuple(map(_dosage, as_list(resource.get("dosageInstruction")))),
        **of_drug(resource),
    )


def _dosage(value: Any) -> Dosage:
    """The same of a dosage instruction of any shape."""
    told = value if isinstance(value, dict) else {}
    reason = concept(told.get("asNeededCodeableConcept"))
    return Dosage(told.get("asNeededBoolean") is True, reason)


class MedicationOrder(Item[MedicationRequest]):
    """A MedicationRequest: drafted, or already on the patient's list.

    Attributes:
        medication: the drug, from wherever it is kept.
    """

    medication: Medication

    def __init__(
        self,
        resource: MedicationRequest | Resource,
        medications: Mapping[str, Resource],
        aliases: Aliases = NO_ALIASES,
    ) -> None:
        """Wrap the resource.

        Args:
            resource: the MedicationRequest.
            medications: Medication resources by `Type/id`, for references that leave it.
            aliases: the site's names for code systems in `resource`.
        """
        if isinstance(resource, MedicationRequest):
            read, sent = resource, None
        else:
            whole = aliases.resource(resource)
            read, sent = typed(whole, MedicationRequest, medication_request), resource
        super().__init__(read, sent)
        put(self, "medication", medication_of(read, medications))

    @lazy
    def resource(self) -> Resource:
        """The order as it was sent, which nobody can change; empty for one of the list."""
        found: Resource = frozen(self._sent or {})
        return found

    @property
    def label(self) -> str:
        """What a person would call the drug; "a medication" when nothing names it."""
        return self.medication.label or "a medication"

    @property
    def is_blank(self) -> bool:
        """Whether no drug has been chosen yet: neither named nor referred to."""
        return not self.medication.label and not self._read.medication_reference.reference

    @property
    def is_current(self) -> bool:
        """Whether it is to be taken now: not stopped, completed, cancelled or in error."""
        return self._read.status.strip().lower() in _CURRENT and not self._read.do_not_perform

    @property
    def is_completed(self) -> bool:
        """Whether all that was ordered has been given or taken; what was only planned was not."""
        read = self._read
        done = read.status.strip().lower() == "completed" and not read.do_not_perform
        return done and read.intent.strip().lower() not in _PLANNED

    @lazy
    def date(self) -> PartialDate | None:
        """When it was ordered; None when it is not said."""
        return first_known(self._read.authored_on)

    @property
    def is_prohibition(self) -> bool:
        """Whether it says the drug must NOT be given (`doNotPerform`)."""
        return self._read.do_not_perform

    @property
    def is_as_needed(self) -> bool:
        """Whether every dosage instruction, and there is one, is to be followed as needed only."""
        told = self._read.dosage_instruction
        return bool(told) and all(d.as_needed_boolean or d.as_needed_codeable_concept for d in told)

    @property
    def replaces(self) -> str:
        """The order it renews or replaces, as `MedicationRequest/id`; "" when it says none."""
        return bare(self._read.prior_prescription.reference.strip())

    @property
    def reasons(self) -> tuple[Concept, ...]:
        """Why it is given: `reasonCode`."""
        return tuple(filter(None, self._read.reason_code))


def unresolved(order: OfDrug | Resource, medications: Mapping[str, Resource]) -> str:
    """The `Medication/id` that still needs to be read; "" when none does."""
    if isinstance(order, OfDrug):
        inline, reference = order.medication_codeable_concept, order.medication_reference.reference
        reference = reference.strip()
    else:
        inline = concept(order.get("medicationCodeableConcept"))
        reference = target(order.get("medicationReference"))
    if inline:
        return ""
    if not reference or reference.startswith("#") or bare(reference) in medications:
        return ""
    found = bare(reference)
    return found if _READ.fullmatch(found) else ""


def medication_of(order: OfDrug, medications: Mapping[str, Resource]) -> Medication:
    """The drug, from wherever it is kept; at worst the display of a dangling reference."""
    if inline := order.medication_codeable_concept:
        return Medication(inline)
    link = order.medication_reference
    found = _resolved(link.reference.strip(), order, medications)
    if found is None:
        return Medication(Concept(text=link.display))
    entries = [i for i in as_list(found.get("ingredient")) if isinstance(i, dict)]
    parts = [_ingredient(entry, found, order, medications) for entry in entries]
    product = concept(found.get("code")) or Concept(text=link.display)
    return Medication(product, tuple(filter(None, parts)))


def _ingredient(
    entry: Resource,
    medication: Resource,
    order: OfDrug,
    medications: Mapping[str, Resource],
) -> Concept:
    """What one ingredient is; one that cannot be looked up stays, as one that nobody knows."""
    if coded := concept(entry.get("itemCodeableConcept")):
        return coded
    link = entry.get("itemReference")
    reference = target(link)
    found = contained(medication, reference) if reference.startswith("#") else None
    found = found or _resolved(reference, order, medications)
    shown = as_text(link.get("display")) if isinstance(link, dict) else ""
    return concept((found or {}).get("code")) or Concept(
        text=shown or ("an ingredient" if reference else "")
    )


def _resolved(
    reference: str, order: OfDrug, medications: Mapping[str, Resource]
) -> Resource | None:
    if reference.startswith("#"):
        return contained({"contained": order.contained}, reference)
    return medications.get(bare(reference)) if reference else None
