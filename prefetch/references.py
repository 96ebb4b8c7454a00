"""References between resources: relative, absolute, versioned, `urn:uuid:…` and `#contained`."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

import msgspec

from prefetch.coding import as_list, as_text

Resource = dict[str, Any]


class Meta(msgspec.Struct, frozen=True, gc=False):
    """What is read of a resource's `meta`. Labelled resources are not for msgspec to read."""

    security: None = None


class Reference(msgspec.Struct, frozen=True, gc=False):
    """A Reference: what it points at as written, and what that is called."""

    reference: str = ""
    display: str = ""


T = TypeVar("T", bound=msgspec.Struct)
NOWHERE: Final = Reference()


def typed(resource: Resource, kind: type[T], loosely: Callable[[Resource], T]) -> T:
    """What is read of a resource: as `kind` where it is as FHIR has it, else whatever it means."""
    try:
        return msgspec.convert(resource, kind)
    except msgspec.ValidationError:
        return loosely(resource)


def target(value: Any) -> str:
    """What a Reference points at, as written; "" when it points nowhere."""
    return as_text(value.get("reference")) if isinstance(value, dict) else ""


def bare(reference: str) -> str:
    """A reference as `Type/id`, whatever its base and version; a URN keeps only its last part."""
    if reference.startswith("urn:"):
        return reference.rpartition(":")[2]
    path = reference.partition("/_history/")[0].rstrip("/")
    return "/".join(path.split("/")[-2:])


def name_of(resource: Resource) -> str:
    """What a relative reference calls a resource: `Type/id`."""
    return f"{resource.get('resourceType')}/{resource.get('id')}"


def names_other_patient(resource: Resource, patient_id: str) -> bool:
    """Whether the resource says it is about somebody else than this patient.

    A resource that names nobody, or a patient contained in itself, is not somebody else's.
    """
    named = (who for name in ("patient", "subject") for who in as_list(resource.get(name)))
    return any(_is_other(target(who), patient_id) for who in named)


def _is_other(reference: str, patient_id: str) -> bool:
    if not reference or reference.startswith("#"):
        return False
    kind, _, found = bare(reference).rpartition("/")
    return kind in ("", "Patient") and found != patient_id


def contained(resource: Resource, reference: str) -> Resource | None:
    """The resource contained under `#id`, or None."""
    inner = (r for r in as_list(resource.get("contained")) if isinstance(r, dict))
    wanted = reference.lstrip("#")
    return next((r for r in inner if as_text(r.get("id")).lstrip("#") == wanted), None)
