"""MedicationRequest and the drug it is for (https://hl7.org/fhir/R4/medicationrequest.html).

The drug comes inline, contained, as a sibling entry, or as a reference that must be read.
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from prefetch.coding import Concept, as_list, as_text, concept, concepts
from prefetch.lazy import lazy
from prefetch.references import Resource, bare, contained, target

# `unknown` and no status at all may well be taken (OpenEMR sends them): leaving them out would
# be the more dangerous error.
_CURRENT: Final = frozenset({"active", "on-hold", "unknown", "draft", ""})

# The read of one Medication: no query, and no step up to another path.
_READ: Final = re.compile(r"Medication/(?!\.+$)[\w.~-]+", re.ASCII)


class Medication(NamedTuple):
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


class MedicationOrder:
    """A MedicationRequest: drafted, or already on the patient's list."""

    def __init__(self, resource: Resource, medications: Mapping[str, Resource]) -> None:
        """Wrap the resource.

        Args:
            resource: the MedicationRequest.
            medications: Medication resources by `Type/id`, for references that leave it.
        """
        self.resource = resource
        self._medications = medications

    @property
    def id(self) -> str:
        """The logical id; "" when there is none."""
        return as_text(self.resource.get("id"))

    @property
    def reference(self) -> str:
        """`MedicationRequest/id`."""
        return f"MedicationRequest/{self.id}"

    @lazy
    def medication(self) -> Medication:
        """The drug, from wherever it is kept; at worst the display of a dangling reference."""
        if inline := concept(self.resource.get("medicationCodeableConcept")):
            return Medication(inline)
        link = self.resource.get("medicationReference")
        found = self._resolved(target(link))
        if found is None:
            shown = as_text(link.get("display")) if isinstance(link, dict) else ""
            return Medication(Concept(text=shown))
        return _read(found, as_text(link.get("display")) if isinstance(link, dict) else "")

    @property
    def label(self) -> str:
        """What a person would call the drug; "a medication" when nothing names it."""
        return self.medication.label or "a medication"

    @property
    def is_current(self) -> bool:
        """Whether it is to be taken now: not stopped, completed, cancelled or in error."""
        return as_text(self.resource.get("status")).lower() in _CURRENT and not self.is_prohibition

    @property
    def is_prohibition(self) -> bool:
        """Whether it says the drug must NOT be given (`doNotPerform`)."""
        return self.resource.get("doNotPerform") is True

    @lazy
    def reasons(self) -> tuple[Concept, ...]:
        """Why it is given: `reasonCode`."""
        return concepts(self.resource.get("reasonCode"))

    def _resolved(self, reference: str) -> Resource | None:
        if reference.startswith("#"):
            return contained(self.resource, reference)
        return self._medications.get(bare(reference)) if reference else None


def unresolved(resource: Resource, medications: Mapping[str, Resource]) -> str:
    """The `Medication/id` a MedicationRequest still needs to have read; "" when it needs none."""
    if concept(resource.get("medicationCodeableConcept")):
        return ""
    reference = target(resource.get("medicationReference"))
    if not reference or reference.startswith("#") or bare(reference) in medications:
        return ""
    found = bare(reference)
    return found if _READ.fullmatch(found) else ""


def _read(medication: Resource, shown: str) -> Medication:
    entries = [i for i in as_list(medication.get("ingredient")) if isinstance(i, dict)]
    inner = [concept(i.get("itemCodeableConcept")) for i in entries]
    product = concept(medication.get("code")) or Concept(text=shown)
    return Medication(product, tuple(i for i in inner if i))
