"""Finds and loads rules: ours beside this file, and sites' own, by the same door.

A rule is a folder with an `__init__.py`, named without a leading underscore. A site's rules lie in
a directory, or in a package that declares an entry point in the group `cardwise.rules`. They are
imported under a package name of their own; nothing is put into `sys.path`.
"""

import hashlib
import importlib
import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from importlib.metadata import entry_points
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Final

from hooks.errors import RuleError
from rules._check import check_code
from rules._names import wrong_name
from rules._places import shown
from rules._rule import Rule

HOUSE: Final = Path(__file__).parent
GROUP: Final = "cardwise.rules"
_TEXT: Final = frozenset({".py", ".tsv"})
_numbers = count(1)


def load(directories: Iterable[Path] = (), *, installed: bool = False) -> tuple[Rule, ...]:
    """Every rule of the house, by id; then those of each directory.

    Args:
        directories: sites' own.
        installed: whether to load the rules of installed packages too.

    Raises:
        RuleError: a rule cannot be loaded, or two have the same id; says where and what to do.
    """
    where = [*directories, *(packaged() if installed else ())]
    own = [load_folder(folder) for directory in where for folder in folders(directory)]
    return distinct((*_house(), *own))


def folders(directory: Path) -> list[Path]:
    """The rule folders of a directory, by name.

    Raises:
        RuleError: there is no such directory.
    """
    try:
        found = sorted(directory.iterdir())
    except OSError as error:
        raise RuleError(
            f"{directory}: cannot be read ({error.strerror}); name a directory that holds rule "
            "folders"
        ) from None
    return [p for p in found if (p / "__init__.py").is_file() and p.name[0] not in "._"]


def load_folder(folder: Path) -> Rule:
    """One rule.

    Raises:
        RuleError: it cannot be loaded; says where and what to do.
    """
    folder = folder.resolve()
    if wrong := wrong_name(folder.name):
        raise RuleError(f"{shown(folder)}: {wrong}")
    check_code(folder)
    if not any((folder / "cases").glob("*.json")):
        raise RuleError(
            f"{shown(folder)}: there are no cases; add cases/fires_….json and cases/silent_….json"
        )
    module = _imported(folder)
    found = [value for value in vars(module).values() if isinstance(value, Rule)]
    if len(found) != 1:
        raise RuleError(
            f"{shown(folder / '__init__.py')}: expected one function with @rule, or one "
            f"table_rule(); found {len(found)}"
        )
    return replace(found[0], folder=folder, digest=_digest(folder))


def distinct(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """The rules, once it is clear that each has an id of its own.

    Raises:
        RuleError: two have the same.
    """
    found: dict[str, Rule] = {}
    for rule in rules:
        other = found.setdefault(rule.id, rule)
        if other is not rule:
            raise RuleError(
                f"{shown(rule.folder)}: there is a rule {rule.id} already, in "
                f"{shown(other.folder)}; rename the folder"
            )
    return tuple(found.values())


def packaged() -> Iterator[Path]:
    """The directories of installed packages that declare rules.

    Raises:
        RuleError: an entry point does not name a package.
    """
    for point in entry_points(group=GROUP):
        try:
            spec = find_spec(point.value)
        except (ImportError, ValueError, AttributeError):
            spec = None
        if spec is None or not spec.submodule_search_locations:
            raise RuleError(
                f"entry point {point.name!r} of {GROUP}: {point.value!r} is no package; name the "
                "one that holds the rule folders"
            )
        yield from map(Path, spec.submodule_search_locations)


@cache
def _house() -> tuple[Rule, ...]:
    return tuple(map(load_folder, folders(HOUSE)))


def _imported(folder: Path) -> ModuleType:
    """The rule's module; whatever goes wrong in it is told by its line."""
    try:
        if folder.parent == HOUSE:
            return importlib.import_module(f"rules.{folder.name}")
        return _imported_apart(folder)
    except RuleError:
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a rule's own fault is told as such
        own = [f for f in traceback.extract_tb(error.__traceback__) if _is_in(f.filename, folder)]
        place = f"{shown(Path(own[-1].filename))}:{own[-1].lineno}" if own else shown(folder)
        raise RuleError(f"{place}: {type(error).__name__}: {error}") from None


def _imported_apart(folder: Path) -> ModuleType:
    """The module of a rule that lies elsewhere, in a package that exists for it alone."""
    parent = ModuleType(f"cardwise_rules_{next(_numbers)}")
    parent.__path__ = [str(folder.parent)]
    sys.modules[parent.__name__] = parent
    importlib.invalidate_caches()
    with _without_bytecode():
        return importlib.import_module(f"{parent.__name__}.{folder.name}")


@contextmanager
def _without_bytecode() -> Iterator[None]:
    """A site's directory is left as it is; and bytecode cannot tell two edits of one second."""
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield
    finally:
        sys.dont_write_bytecode = before


def _is_in(filename: str, folder: Path) -> bool:
    return Path(filename).is_relative_to(folder)


def _digest(folder: Path) -> str:
    """Twelve hex digits over the code and tables of a rule, its cases left out."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in _TEXT and "cases" not in path.relative_to(folder).parts:
            found.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()[:12]
