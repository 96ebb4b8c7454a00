"""The drafted orders of a call: which are meant, whose they are, and the drugs beside them."""

from collections.abc import Iterable

from hooks.errors import Problem, WrongPatient
from hooks.request import Context
from prefetch.coding import as_text
from prefetch.references import Resource, bare, names_other_patient


def sibling_medications(context: Context) -> dict[str, Resource]:
    """The Medication resources among the draft orders, by every name a reference may use."""
    found: dict[str, Resource] = {}
    for _, full_url, resource in context.draft_entries:
        if resource.get("resourceType") == "Medication":
            found[f"Medication/{resource.get('id')}"] = resource
            found[bare(full_url)] = resource
    return found


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
