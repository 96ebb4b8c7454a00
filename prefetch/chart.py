"""The Chart: what a rule may ask about the patient. Read-only, typed, and never a guess.

Reading a list that was not obtained raises `NotObtained`, which the evaluator turns into an honest
"not checked"; a rule need not, and cannot by accident, treat it as "none".
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

import msgspec

from hooks.request import Context
from prefetch import needs
from prefetch.allergy import Allergy
from prefetch.data import Data
from prefetch.medication import MedicationOrder
from prefetch.references import Resource, bare_id


class Chart:
    """One patient, as this call shows them."""

    def __init__(
        self,
        context: Context,
        data: Mapping[str, Data],
        references: Mapping[str, bytes] | None = None,
    ) -> None:
        """Make a chart.

        Args:
            context: the hook's context, with the draft orders if it has any.
            data: what is known under each prefetch key.
            references: Medication resources that were read one by one, by `Type/id`.
        """
        self._context = context
        self._data = data
        self._references = references or {}

    @property
    def patient_id(self) -> str:
        """FHIR id of the patient in context."""
        return self._context.patient_id

    @cached_property
    def allergies(self) -> tuple[Allergy, ...]:
        """The allergy list without entries that do not stand (refuted, in error, resolved).

        Raises:
            NotObtained: the list could not be read.
        """
        found = (Allergy(r) for r in self._read(needs.allergies.key))
        return tuple(allergy for allergy in found if allergy.counts)

    @cached_property
    def medications(self) -> tuple[MedicationOrder, ...]:
        """Orders on the patient's list that are current, drafts excluded.

        Raises:
            NotObtained: the list could not be read.
        """
        found = self._orders(self._read(needs.medications.key))
        return tuple(order for order in found if order.is_current)

    @cached_property
    def drafts(self) -> tuple[MedicationOrder, ...]:
        """Every unsigned medication order of the session, selected or not."""
        resources = self._context.draft_resources
        found = (r for r in resources if r.get("resourceType") == "MedicationRequest")
        return tuple(order for order in self._orders(found) if not order.is_prohibition)

    @cached_property
    def selected(self) -> tuple[MedicationOrder, ...]:
        """The unsigned medication orders to advise on: those just picked, or all at signing."""
        return tuple(order for order in self.drafts if is_selected(order.resource, self._context))

    def data(self, key: str) -> Data | None:
        """The data under a prefetch key with its state; None when no running rule needs it."""
        return self._data.get(key)

    def _read(self, key: str) -> Iterator[Resource]:
        return iter(self._data[key])

    def _orders(self, resources: Iterable[Resource]) -> list[MedicationOrder]:
        return [MedicationOrder(resource, self._medications) for resource in resources]

    @cached_property
    def _medications(self) -> dict[str, Resource]:
        """Medication resources by `Type/id`: siblings of the drafts, included, or read for us."""
        known = sibling_medications(self._context)
        lists = self._data.get(needs.medications.key)
        for resource in lists.included if lists is not None else ():
            known.setdefault(f"{resource['resourceType']}/{resource.get('id')}", resource)
        for reference, body in self._references.items():
            resource = msgspec.json.decode(body)
            if resource.get("resourceType") == "Medication":
                known[reference] = resource
        return known


def sibling_medications(context: Context) -> dict[str, Resource]:
    """The Medication resources among the draft orders, by `Type/id`, bare id, or both."""
    found = (r for r in context.draft_resources if r.get("resourceType") == "Medication")
    return {
        name: resource
        for resource in found
        if isinstance(resource.get("id"), str)
        for name in (f"Medication/{resource['id']}", resource["id"])
    }


def is_selected(draft: Resource, context: Context) -> bool:
    """Whether the hook asks for advice on this draft.

    `selections` should hold `Type/id`; some senders put bare or absolute references.
    """
    if context.selected is None:
        return True
    wanted = {bare_id(reference) for reference in context.selected}
    return draft.get("id") in wanted
