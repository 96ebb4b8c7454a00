"""Changes to orders, written to the FHIR server as one transaction, each of them once.

A create carries If-None-Exist with the UUID of the act; an update or a delete carries If-Match with
the version the user saw. When the server refuses that, or does not answer, this or an earlier try
may have gone through and its answer been lost: what the server has then decides.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

import httpx

from prefetch.coding import as_text
from service.demo import orders
from service.demo.fhir import Fhir, Json, Written

_KIND: Final = "MedicationRequest"


@dataclass(frozen=True, slots=True)
class Change:
    """One change.

    Attributes:
        kind: what happens, as an action's type.
        reference: `Type/id` of what is changed; of a create, its identifier's value.
        version: the version that was seen; "" for a create.
        resource: what it becomes; None for a delete.
    """

    kind: Literal["create", "update", "delete"]
    reference: str
    version: str = ""
    resource: Json | None = None


def create(resource: Json) -> Change:
    """A new order; it has an identifier of its own, as its last."""
    return Change("create", resource["identifier"][-1]["value"], resource=resource)


def update(order: orders.Order, resource: Json) -> Change:
    """An order, replaced."""
    return Change("update", order.reference, order.version, resource)


def delete(order: orders.Order) -> Change:
    """An order, gone."""
    return Change("delete", order.reference, order.version)


async def write(fhir: Fhir, changes: Sequence[Change]) -> Written:
    """Make all the changes, or none."""
    written = await fhir.write([_ENTRIES[change.kind](change) for change in changes])
    if written.outcome in ("conflict", "unanswered") and await _are_made(fhir, changes):
        return Written("written", "An answer of the server was lost, but it has the change.")
    return written


async def _are_made(fhir: Fhir, changes: Sequence[Change]) -> bool:
    """Whether everything already is as the changes would have it."""
    try:
        return all([await _is_made(fhir, change) for change in changes])
    except httpx.HTTPError:
        return False


async def _is_made(fhir: Fhir, change: Change) -> bool:
    if change.kind == "create":
        return bool(await fhir.search(f"{_KIND}?{_condition(change)}"))
    return _content(await fhir.read(change.reference)) == _content(change.resource)


def _content(resource: Json | None) -> Json | None:
    """A resource without what the server adds."""
    return resource and {name: value for name, value in resource.items() if name != "meta"}


def _condition(change: Change) -> str:
    return f"identifier={quote(orders.URI)}|{quote(change.reference)}"


def _tag(change: Change) -> str:
    return f'W/"{change.version}"'


_ENTRIES: Final[dict[str, Callable[[Change], Json]]] = {
    "create": lambda change: {
        "fullUrl": change.reference,
        "resource": change.resource,
        "request": {"method": "POST", "url": _KIND, "ifNoneExist": _condition(change)},
    },
    "update": lambda change: {
        "resource": change.resource,
        "request": {"method": "PUT", "url": change.reference, "ifMatch": _tag(change)},
    },
    "delete": lambda change: {
        "request": {"method": "DELETE", "url": change.reference, "ifMatch": _tag(change)},
    },
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What accepting suggestions comes to.

    Attributes:
        changes: to be made together.
        problem: why nothing can be done; "" when it can.
    """

    changes: tuple[Change, ...] = ()
    problem: str = ""


def plan(
    suggestions: Sequence[Json], seen: dict[str, orders.Order], patient: str, session: str
) -> Plan:
    """The changes that the actions of some suggestions ask for.

    Args:
        suggestions: those that were chosen.
        seen: the orders by reference, in the versions the service was shown.
        patient: FHIR id of whom they must be for.
        session: the ordering session that new drafts join.
    """
    changes: dict[tuple[str, str], Change] = {}
    for suggestion in suggestions:
        for number, action in enumerate(suggestion.get("actions") or []):
            key = str(uuid5(NAMESPACE_URL, f"{suggestion.get('uuid')}#{number}"))
            found = _change(action, seen, patient, session, key)
            if isinstance(found, str):
                return Plan(problem=found)
            changes[found.kind, found.reference] = found
    return Plan(tuple(changes.values()))


def _change(
    action: Json, seen: dict[str, orders.Order], patient: str, session: str, key: str
) -> Change | str:
    """The change one action asks for, or why it cannot be made."""
    kind, resource = action.get("type"), action.get("resource")
    if kind == "delete":
        # a resource in place of resourceId is deprecated, and still sent
        order = seen.get(as_text(action.get("resourceId")) or as_text(resource))
        return delete(order) if order else "It would remove an order that is not on this chart."
    if not isinstance(resource, dict) or resource.get("resourceType") != _KIND:
        return "It would write something else than a medication order, which this EHR does not."
    if _patient(resource) != f"Patient/{patient}":
        return "It is for another patient."
    if kind == "create":
        return create(orders.adopted(resource, session, key))
    order = seen.get(f"{_KIND}/{resource.get('id')}")
    if kind != "update" or order is None:
        return "It would change an order that is not on this chart."
    return update(order, resource)


def _patient(resource: dict[str, Any]) -> str:
    subject = resource.get("subject")
    return as_text(subject.get("reference")) if isinstance(subject, dict) else ""
