"""From a suggested change to an action that may leave: the order exists, the resource is valid R4.

fhir.resources has no models of R4 itself any more; those of R4B, its revision, are the nearest.
Drafts of the usual form need no model: `_plain_r4` takes only what the models would take.
"""

from collections.abc import Collection
from functools import cache
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from hooks.cards import Action
from hooks.errors import InvalidAnswer
from rules._action_profile import STANDARD, ActionProfile
from rules._finding import Change
from rules._plain_r4 import is_plainly_valid
from rules._text import plain


def to_action(change: Change, drafts: Collection[str], profile: ActionProfile = STANDARD) -> Action:
    """The action for a change.

    Args:
        change: what the rule suggests.
        drafts: references of the draft orders, as `Type/id`.
        profile: what the EHR makes of actions.

    Raises:
        InvalidAnswer: the order to delete is not among the drafts, or the resource is not valid.
    """
    description = plain(change.description)
    if change.type == "delete":
        if change.resource_id not in drafts:
            raise InvalidAnswer("a delete must name one of the draft orders")
        return Action(type="delete", description=description, resourceId=change.resource_id)
    resource = profile.named(valid(change.resource or {}))
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
        _model(kind).model_validate(resource)
    except ValidationError as error:
        places = {_place(e) for e in error.errors(include_input=False)}
        raise InvalidAnswer(f"{kind} is not valid R4 at {', '.join(sorted(places))}") from None
    return resource


def _place(fault: ErrorDetails) -> str:
    """The element at fault; the one around it where FHIR does not know its name: a chart's own."""
    known = fault["loc"][:-1] if fault["type"] == "extra_forbidden" else fault["loc"]
    return ".".join(map(str, known)) or "the whole"


@cache
def _model(kind: str) -> Any:
    # imported when first needed: the models take a quarter of a second
    from fhir.resources.R4B import get_fhir_model_class  # noqa: PLC0415

    return get_fhir_model_class(kind)


def warm_up() -> None:
    """Import the models that suggestions use, so that no call has to wait for them."""
    _model("MedicationRequest")
