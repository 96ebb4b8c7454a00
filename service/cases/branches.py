"""Which branches of a rule its cases reach.

The rule's module is run once more with a note at each branch: conditions (`if`, `while`, and the
filters of comprehensions), loop bodies, `match` cases, handlers and functions. That costs nothing
where no case runs, and is the same under every Python.
"""

import ast
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NamedTuple, TypeVar

from rules._rule import Rule

_T = TypeVar("_T")
_NOTE: Final = "__cardwise_note__"
_REACHED: Final = "__cardwise_reached__"


class Branch(NamedTuple):
    """One way through a rule.

    Attributes:
        line: where it begins, in the rule's file.
        text: what is so or is not, as in "`if chosen` was never true".
    """

    line: int
    text: str


@dataclass
class Branches:
    """The branches of one rule, and those that were taken.

    Attributes:
        path: the rule's file.
        every: all of them, by line.
        taken: those that a case went through.
    """

    path: Path
    every: list[Branch]
    taken: set[Branch]

    @property
    def never(self) -> list[Branch]:
        """The branches no case went through."""
        return [branch for branch in self.every if branch not in self.taken]


def watched(rule: Rule) -> tuple[Rule, Branches]:
    """The same rule, and the branches it takes from now on; a table's rule has none."""
    source = sys.modules.get(rule.check.__module__)
    path = Path(source.__file__) if source is not None and source.__file__ else None
    if source is None or path is None or rule.check.__code__.co_filename != str(path):
        return rule, Branches(rule.folder / "__init__.py", [], set())
    tree = ast.parse(path.read_bytes(), str(path))
    marker = _Marker()
    tree = ast.fix_missing_locations(marker.visit(tree))
    found = Branches(path, marker.branches, set())
    module = ModuleType(source.__name__)
    module.__dict__.update(_noting(marker.branches, found.taken))
    for name in ("__file__", "__package__", "__path__", "__spec__"):
        module.__dict__[name] = getattr(source, name, None)
    exec(compile(tree, str(path), "exec"), module.__dict__)  # noqa: S102 - the rule's own text
    again = next(value for value in vars(module).values() if isinstance(value, Rule))
    return replace(rule, check=again.check), found


def _noting(branches: list[Branch], taken: set[Branch]) -> dict[str, Callable[..., Any]]:
    """The two functions the marked module calls."""

    def note(number: int, value: _T) -> _T:
        taken.add(branches[number if value else number + 1])
        return value

    def reached(number: int) -> None:
        taken.add(branches[number])

    return {_NOTE: note, _REACHED: reached}


class _Marker(ast.NodeTransformer):
    """Puts a note at each branch; conditions take two numbers, one for each outcome."""

    def __init__(self) -> None:
        self.branches: list[Branch] = []

    def visit_If(self, node: ast.If) -> ast.AST:
        """Both outcomes of a condition."""
        return self._conditional(node, "if")

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        """Both outcomes of a conditional expression."""
        return self._conditional(node, "if")

    def visit_While(self, node: ast.While) -> ast.AST:
        """Both outcomes of a loop's condition."""
        return self._conditional(node, "while")

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        """Both outcomes of each filter."""
        filters, node.ifs = node.ifs, []
        self.generic_visit(node)
        node.ifs = [self._noted(test, "if") for test in filters]
        return node

    def visit_For(self, node: ast.For) -> ast.AST:
        """Whether the loop is ever entered."""
        text = f"`for {ast.unparse(node.target)} in {ast.unparse(node.iter)}` never had anything"
        return self._bodied(node, node.lineno, text)

    def visit_match_case(self, node: ast.match_case) -> ast.AST:
        """Whether the case ever matches."""
        text = f"`case {ast.unparse(node.pattern)}` never matched"
        return self._bodied(node, node.pattern.lineno, text)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        """Whether anything is ever caught."""
        return self._bodied(node, node.lineno, "nothing was ever caught here")

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Whether the function is ever called."""
        return self._bodied(node, node.lineno, f"`{node.name}` was never called")

    def _conditional(self, node: ast.If | ast.IfExp | ast.While, word: str) -> ast.AST:
        test, node.test = node.test, ast.Constant(None)
        noted = self._noted(test, word)
        self.generic_visit(node)
        node.test = noted
        return node

    def _noted(self, test: ast.expr, word: str) -> ast.expr:
        number = len(self.branches)
        text = f"`{word} {ast.unparse(test)}`"
        self.branches += [Branch(test.lineno, f"{text} was never {b}") for b in ("true", "false")]
        return _call(_NOTE, ast.Constant(number), self.visit(test))

    def _bodied(
        self,
        node: ast.For | ast.match_case | ast.ExceptHandler | ast.FunctionDef,
        line: int,
        text: str,
    ) -> ast.AST:
        number = len(self.branches)
        self.branches.append(Branch(line, text))
        self.generic_visit(node)
        node.body.insert(0, ast.Expr(_call(_REACHED, ast.Constant(number))))
        return node


def _call(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])
