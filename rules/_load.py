"""Finds the rules: every folder beside this file that has an `__init__.py` and no underscore."""

from functools import cache
import sys
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
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


def folders(directory: Path) -> list[Path]:
    """The rule folders of a directory."""
    return sorted(p.parent for p in directory.glob("[a-z]*/__init__.py"))


def load_folder(folder: Path) -> Rule:
    """One rule from its folder."""
    if folder.parent == Path(str(rules.__file__)).parent:
        return _load_one(folder.name)
    name = f"cardwise_site.{folder.name}"
    spec = spec_from_file_location(name, folder / "__init__.py")
    assert spec and spec.loader
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return next(v for v in vars(module).values() if isinstance(v, Rule))
