"""Full models of FHIR resources, for authors who want more than the Chart reads.

fhir.resources has no models of R4 itself any more; those of R4B, its revision, are the nearest.
"""

from functools import cache
from typing import Any

from pydantic import ValidationError

from hooks.errors import NotKnown
from prefetch.references import Resource


@cache
def model_of(kind: str) -> Any:
    """The model of a resource type; imported when first needed, for it takes a quarter second."""
    from fhir.resources.R4B import get_fhir_model_class  # noqa: PLC0415

    return get_fhir_model_class(kind)


def full_model(resource: Resource) -> Any:
    """The model of a resource.

    Raises:
        NotKnown: the resource is not valid; says where, and none of its values.
    """
    kind = str(resource.get("resourceType"))
    try:
        return model_of(kind).model_validate(resource)
    except ValidationError as error:
        where = faults(error)
    except ValueError:
        where = "resourceType"
    raise NotKnown(f"the {kind} on file is not valid FHIR R4 at {where}")


def faults(error: ValidationError) -> str:
    """The elements that are wrong, and none of their values."""
    places = {".".join(map(str, e["loc"])) for e in error.errors(include_input=False)}
    return ", ".join(sorted(places))
