"""The Chart: what a rule may ask about the patient. Read-only, typed, and never a guess.

Reading a list that was not obtained raises `NotObtained`, which the evaluator turns into an honest
"not checked"; a rule need not, and cannot by accident, treat it as "none".
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hooks.errors import Problem, WrongPatient
from hooks.request import Context
from prefetch import needs
from prefetch.aliases import NO_ALIASES, Aliases
from prefetch.allergy import Allergy
from prefetch.coding import as_text
from prefetch.data import Data
from prefetch.lazy import lazy
from prefetch.medication import MedicationOrder
from prefetch.references import Resource, bare, name_of, names_other_patient


class Chart:
    """One patient, as this call shows them."""

    def __init__(
        self,
        context: Context,
        data: Mapping[str, Data],
        references: Mapping[str, Resource] | None = None,
        aliases: Aliases = NO_ALIASES,
    ) -> None:
        """Make a chart.

        Args:
            context: the hook's context, with the draft orders if it has any.
            data: what is known under each prefetch key.
            references: Medication resources found outside of these, by `Type/id`.
            aliases: the site's names for code systems in draft orders.
        """
        self._context = context
        self._data = data
        self._references = references or {}
        self._aliases = aliases

    @property
    def patient_id(self) -> str:
        """FHIR id of the patient in context."""
        return self._context.patient_id

    @lazy
    def allergies(self) -> tuple[Allergy, ...]:
        """The allergy list without entries that do not stand (refuted, in error, resolved).

        Raises:
            NotObtained: the list could not be read.
        """
        found = (Allergy(r) for r in self._typed(needs.allergies.key))
        return tuple(allergy for allergy in found if allergy.counts)

    @lazy
    def medications(self) -> tuple[MedicationOrder, ...]:
        """Orders on the patient's list that are current, drafts excluded.

        Raises:
            NotObtained: the list could not be read.
        """
        found = self._orders(self._typed(needs.medications.key))
        return tuple(order for order in found if order.is_current)

    @lazy
    def drafts(self) -> tuple[MedicationOrder, ...]:
        """Every unsigned medication order of the session, selected or not."""
        found = medication_requests(self._context.draft_resources)
        return tuple(order for order in self._orders(found) if not order.is_prohibition)

    @lazy
    def selected(self) -> tuple[MedicationOrder, ...]:
        """The unsigned medication orders to advise on: those just picked, or all at signing."""
        chosen = {id(draft) for draft in selected_drafts(self._context)}
        return tuple(order for order in self.drafts if id(order.resource) in chosen)

    def knows(self, need: needs.Need) -> bool:
        """Whether all of this data was obtained: what a rule asks before it uses optional data."""
        found = self._data.get(need.key)
        return found is not None and found.complete

    def data(self, key: str) -> Data | None:
        """The data under a prefetch key with its state; None when no running rule needs it."""
        return self._data.get(key)

    def _typed(self, key: str) -> Sequence[Any]:
        return self._data[key].typed

    def _orders(self, resources: Iterable[Resource]) -> list[MedicationOrder]:
        return [MedicationOrder(r, self._medications, self._aliases) for r in resources]

    @lazy
    def _medications(self) -> dict[str, Resource]:
        """Medication resources by `Type/id`: siblings of the drafts, included, or read for us."""
        siblings = sibling_medications(self._context)
        known = {name: self._aliases.resource(each) for name, each in siblings.items()}
        listed = self._data.get(needs.medications.key)
        known |= included_medications(listed) if listed is not None else {}
        return known | dict(self._references)


def sibling_medications(context: Context) -> dict[str, Resource]:
    """The Medication resources among the draft orders, by every name a reference may use."""
    found: dict[str, Resource] = {}
    for _, full_url, resource in context.draft_entries:
        if resource.get("resourceType") == "Medication":
            found[f"Medication/{resource.get('id')}"] = resource
            found[bare(full_url)] = resource
    return found


def included_medications(listed: Data) -> dict[str, Resource]:
    """The Medication resources that came along with a list of orders, by `Type/id`."""
    return {name_of(r): r for r in listed.included}


def medication_requests(resources: Iterable[Resource]) -> list[Resource]:
    """The MedicationRequests among some resources."""
    return [r for r in resources if r.get("resourceType") == "MedicationRequest"]


def selected_drafts(context: Context) -> list[Resource]:
    """The drafts the hook asks advice on: those in `selections`, or all where there are none.

    `selections` should hold `Type/id`; some senders put bare or absolute references. When nothing
    in it names a draft, every draft is meant: silence would look like "all clear".
    """
    drafts = context.draft_resources
    wanted = {bare(reference) for reference in context.selected or ()} - {""}
    return [draft for draft in drafts if _names(draft) & wanted] or drafts


def _names(draft: Resource) -> set[str]:
    """What a selection may call a draft: `Type/id`, or its id alone."""
    name = as_text(draft.get("id"))
    return {name, f"{draft.get('resourceType')}/{name}"} if name else set()


def refuse_other_patients(context: Context) -> None:
    """Check that every draft order is for the patient in context.

    Raises:
        WrongPatient: naming each draft, by its place, that is for somebody else.
    """
    problems = [
        Problem(
            "Expected an order for the patient in context, got one for another patient.",
            f"context.draftOrders.entry[{entry.place}].resource",
            "conflict",
        )
        for entry in context.draft_entries
        if names_other_patient(entry.resource, context.patient_id)
    ]
    if problems:
        raise WrongPatient(*problems)
