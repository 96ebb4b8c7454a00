"""Finds the rules: every folder beside this file that has an `__init__.py` and no underscore."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

import rules
from hooks.errors import RuleError
from rules._rule import Rule


@cache
def load() -> tuple[Rule, ...]:
    """Every rule of the house, by id.

    Raises:
        RuleError: a folder holds no rule, or more than one.
    """
    folders = [m.name for m in iter_modules(rules.__path__) if m.ispkg and m.name[0] != "_"]
    return tuple(_load_one(name) for name in sorted(folders))


def _load_one(name: str) -> Rule:
    module = import_module(f"rules.{name}")
    found = [value for value in vars(module).values() if isinstance(value, Rule)]
    if len(found) != 1:
        raise RuleError(f"rules/{name}: expected one function with @rule, found {len(found)}")
    return found[0]
