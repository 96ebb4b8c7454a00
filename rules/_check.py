"""What a rule's code may not do, told from its text before any of it runs.

This is no cage for somebody who means harm: whoever installs a rule trusts its author. It keeps
rules pure, so that they can be tested, cut off and repeated.
"""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from hooks.errors import RuleError
from rules._places import shown

#: The pure parts of the standard library; everything of ours comes from `rules`.
ALLOWED: Final = frozenset(
    {
        *("__future__", "abc", "bisect", "collections", "dataclasses", "datetime", "decimal"),
        *("enum", "fractions", "functools", "itertools", "math", "operator", "re", "rules"),
        *("statistics", "string", "textwrap", "typing"),
    }
)
_CLOCKS: Final = frozenset({"now", "today", "utcnow"})
_CALLS: Final = {
    **dict.fromkeys(("open", "input", "print", "breakpoint", "exit", "quit"), "a rule only yields"),
    **dict.fromkeys(("eval", "exec", "compile", "__import__"), "write the code out"),
    **dict.fromkeys(("globals", "locals", "vars", "setattr", "delattr"), "a rule changes nothing"),
}
_NAMEDTUPLE: Final = frozenset({"_asdict", "_fields", "_make", "_replace"})
Fault = tuple[int, str]


def check_code(folder: Path) -> None:
    """Check every Python file of a rule's folder.

    Raises:
        RuleError: a line for each thing that a rule may not do, with its place and what to do.
    """
    lines = [
        f"{shown(path)}:{line}: {text}"
        for path in sorted(folder.rglob("*.py"))
        for line, text in sorted(_faults(path))
    ]
    if lines:
        raise RuleError("\n".join(lines))


def _faults(path: Path) -> Iterator[Fault]:
    try:
        tree = ast.parse(path.read_bytes(), path.name)
    except SyntaxError as error:
        yield error.lineno or 1, f"this is not Python: {error.msg}"
        return
    except ValueError as error:
        yield 1, f"this is not Python: {error}"
        return
    for node in ast.walk(tree):
        if look := _LOOKS.get(type(node)):
            yield from look(node)


def _imports(node: ast.Import) -> Iterator[Fault]:
    for alias in node.names:
        if alias.name.startswith("rules."):
            yield node.lineno, f"import from rules, not from {alias.name}"
        elif alias.name.partition(".")[0] not in ALLOWED:
            yield node.lineno, _foreign(alias.name)


def _names(node: ast.ImportFrom) -> Iterator[Fault]:
    module = node.module or ""
    if node.level > 1:
        yield node.lineno, "a rule imports nothing from beside its folder: move it inside"
    elif node.level == 0 and module.startswith("rules."):
        yield node.lineno, f"import from rules, not from {module}"
    elif node.level == 0 and module.partition(".")[0] not in ALLOWED:
        yield node.lineno, _foreign(module)
    elif node.level == 0 and module == "rules":
        yield from _vocabulary(node)


def _vocabulary(node: ast.ImportFrom) -> Iterator[Fault]:
    import rules  # noqa: PLC0415 - the vocabulary is complete only once all of it is imported

    for alias in node.names:
        if alias.name not in rules.__all__:
            yield (
                node.lineno,
                f"rules has no {alias.name!r} for authors; it has {', '.join(rules.__all__)}",
            )


def _foreign(module: str) -> str:
    allowed = ", ".join(sorted(ALLOWED - {"__future__"}))
    return f"a rule may not import {module}: it reads the chart and nothing else; use {allowed}"


def _catches(node: ast.ExceptHandler) -> Iterator[Fault]:
    kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
    names = {kind.id if isinstance(kind, ast.Name) else None for kind in kinds}
    if node.type is None or names & {"BaseException", "GeneratorExit"}:
        yield node.lineno, "name the exception that is expected; a rule that is cut off must end"


def _calls(node: ast.Call) -> Iterator[Fault]:
    if isinstance(node.func, ast.Name) and node.func.id in _CALLS:
        yield node.lineno, f"a rule may not call {node.func.id}(): {_CALLS[node.func.id]}"
    if isinstance(node.func, ast.Attribute) and node.func.attr in _CLOCKS:
        yield node.lineno, f"a rule has no clock: use chart.today instead of .{node.func.attr}()"


def _private(node: ast.Attribute) -> Iterator[Fault]:
    own = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
    if node.attr.startswith("_") and node.attr not in _NAMEDTUPLE and not own:
        yield node.lineno, f"{node.attr} is private: use what the vocabulary offers"


def _kept(node: ast.Global) -> Iterator[Fault]:
    yield node.lineno, "a rule keeps nothing between calls: take the global out"


_LOOKS: Final[dict[type[ast.AST], Callable[[Any], Iterator[Fault]]]] = {
    ast.Import: _imports,
    ast.ImportFrom: _names,
    ast.ExceptHandler: _catches,
    ast.Call: _calls,
    ast.Attribute: _private,
    ast.Global: _kept,
}
