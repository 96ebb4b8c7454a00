"""From a suggested change to an action that may leave: the order exists, the resource is valid R4.

Drafts of the usual form need no model: `_plain_r4` takes only what the models would take.
"""

from collections.abc import Collection
from typing import Any

from pydantic import ValidationError

from hooks.cards import Action
from hooks.errors import InvalidAnswer
from prefetch.full import faults, model_of
from rules._finding import Change
from rules._plain_r4 import is_plainly_valid
from rules._text import plain


def to_action(change: Change, drafts: Collection[str]) -> Action:
    """The action for a change.

    Args:
        change: what the rule suggests.
        drafts: references of the draft orders, as `Type/id`.

    Raises:
        InvalidAnswer: the order to delete or update is not among the drafts, or the resource is
            not valid.
    """
    description = plain(change.description)
    if change.type in ("delete", "update") and change.resource_id not in drafts:
        raise InvalidAnswer(f"{change.type} must name one of the draft orders")
    if change.type == "delete":
        return Action(type="delete", description=description, resourceId=change.resource_id)
    resource = valid(change.resource or {})
    if change.type == "update":
        return Action(type="update", description=description, resource=resource)
    return Action(type="create", description=description, resource=resource)


def valid(resource: dict[str, Any]) -> dict[str, Any]:
    """The resource, once it is known to be valid R4.

    Raises:
        InvalidAnswer: it is not; the message names the elements and none of their values.
    """
    if is_plainly_valid(resource):
        return resource
    kind = str(resource.get("resourceType"))
    try:
        model_of(kind).model_validate(resource)
    except ValidationError as error:
        raise InvalidAnswer(f"{kind} is not valid R4 at {faults(error)}") from None
    except ValueError:
        raise InvalidAnswer(f"there is no FHIR resource {kind!r}") from None
    return resource


def warm_up() -> None:
    """Import the models that suggestions use, so that no call has to wait for them."""
    for kind in ("MedicationRequest", "ServiceRequest", "Condition"):
        model_of(kind)
