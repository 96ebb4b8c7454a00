"""The words of the CDS Hooks standard. Knows nothing of FHIR servers, rules or HTTP.

One file per published hook: the file is the registry. Each has `HOOK`, `HOOK_VERSION` and
`CONTEXT`, and `contexts()` and `versions()` read them off the folder.
"""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from hooks.request import Context


@cache
def _modules() -> tuple[ModuleType, ...]:
    found = (import_module(f"{__name__}.{m.name}") for m in iter_modules(__path__))
    return tuple(module for module in found if hasattr(module, "HOOK"))


@cache
def contexts() -> dict[str, type[Context]]:
    """The context type of each hook we understand, by the hook's name."""
    return {module.HOOK: module.CONTEXT for module in _modules()}


@cache
def versions() -> dict[str, str]:
    """The published version of each hook we understand, by the hook's name."""
    return {module.HOOK: module.HOOK_VERSION for module in _modules()}
