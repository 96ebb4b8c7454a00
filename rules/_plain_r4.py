"""Drafts that are plainly valid R4: only codes, words and references, in the elements we write.

The models of fhir.resources take 50 µs for one draft, this takes two. It is narrower than they are:
whatever passes here passes there, which a property test proves, and whatever else goes to them.
"""

from typing import Annotated, Any, Literal

import msgspec

_Text = Annotated[str, msgspec.Meta(pattern=r"\S")]
_Code = Annotated[str, msgspec.Meta(pattern=r"^\S+(?: \S+)*\Z")]


class _Element(msgspec.Struct, forbid_unknown_fields=True, rename="camel", gc=False):
    """Nothing but what is named below: an extension, say, is for the models to look at."""


class _Coding(_Element):
    system: _Text = ""
    version: _Text = ""
    code: _Code = ""
    display: _Text = ""
    user_selected: bool = False


class _Concept(_Element):
    coding: list[_Coding] = []
    text: _Text = ""


class _Reference(_Element):
    reference: _Text = ""
    type: _Text = ""
    display: _Text = ""


class _Draft(_Element, kw_only=True):
    resource_type: Literal["MedicationRequest"]
    status: Literal["draft"]
    intent: Literal["order"]
    medication_codeable_concept: _Concept
    subject: _Reference
    category: list[_Concept] = []
    encounter: _Reference | None = None
    requester: _Reference | None = None
    reason_code: list[_Concept] = []
    reason_reference: list[_Reference] = []


def is_plainly_valid(resource: dict[str, Any]) -> bool:
    """Whether the resource is such a draft."""
    try:
        msgspec.convert(resource, _Draft)
    except msgspec.ValidationError:
        return False
    return True
