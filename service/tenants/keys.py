"""The keys of the configuration file with a sentence on each, as the models have them.

Messages about a wrong file quote them, and a test compares `docs/tenants.md` with them.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel

from service.tenants.tenant import Tenant


@cache
def described() -> dict[str, str]:
    """Each key of a tenant by its path, such as `trust.issuers`."""
    return dict(_walk(Tenant, ""))


def sentence(path: tuple[str, ...]) -> str:
    """What is said of the key at a path, or of the nearest one around it."""
    for length in range(len(path), 0, -1):
        if found := described().get(".".join(path[:length])):
            return found
    return ""


def siblings(path: tuple[str, ...]) -> list[str]:
    """The keys that may stand where a wrong one stands."""
    within = ".".join(path[:-1])
    start = f"{within}." if within else ""
    rest = (key.removeprefix(start) for key in described() if key.startswith(start))
    return [key for key in rest if "." not in key]


def _walk(model: type[BaseModel], start: str) -> Iterator[tuple[str, str]]:
    for name, field in model.model_fields.items():
        yield start + name, field.description or ""
        for inner in _models(field.annotation):
            yield from _walk(inner, f"{start}{name}.")


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models an annotation is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)
