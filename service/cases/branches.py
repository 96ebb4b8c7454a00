"""Which branches of a rule its cases reach.

The rule's modules are imported once more with a note at each branch: conditions (`if`, `while`, and
the filters of comprehensions), loop bodies, `match` cases, handlers and functions. That costs
nothing where no case runs, and is the same under every Python.
"""

import ast
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from string import Formatter
from types import CodeType, ModuleType
from typing import Any, Final, NamedTuple, TypeVar

from prefetch.chart import Chart
from rules._finding import Finding
from rules._knowledge.knowledge import Knowledge
from rules._rule import Check, Findings, Rule
from rules._table.reading import Row, read_table

_T = TypeVar("_T")
_NOTE: Final = "__cardwise_note__"
_REACHED: Final = "__cardwise_reached__"
_TABLE_RULE: Final = "rules._table.rule"


class Branch(NamedTuple):
    """One way through a rule.

    Attributes:
        path: the file it is in.
        line: where it begins.
        text: what is so or is not, as in "`if chosen` was never true".
    """

    path: Path
    line: int
    text: str


@dataclass
class Branches:
    """The branches of one rule, and those that were taken.

    Attributes:
        every: all of them, by file and line.
        taken: those that a case went through, by their place in `every`.
    """

    every: list[Branch] = field(default_factory=list)
    taken: set[int] = field(default_factory=set)

    @property
    def never(self) -> list[Branch]:
        """The branches no case went through."""
        return sorted(b for place, b in enumerate(self.every) if place not in self.taken)

    def note(self, number: int, value: _T) -> _T:
        """Take down how a condition came out, and give it back."""
        self.taken.add(number if value else number + 1)
        return value

    def add(self, *branches: Branch) -> int:
        """Take branches in; give the number of the first."""
        self.every += branches
        return len(self.every) - len(branches)


def watched(rule: Rule) -> tuple[Rule, Branches]:
    """The same rule, and the branches it takes from now on; those of a table are its rows."""
    found = Branches()
    name = next((n for n, m in sys.modules.items() if _is_of(m, rule.folder)), "")
    if not name:
        return rule, found
    with _imported_anew(name, found):
        module = import_module(name)
    again = next(value for value in vars(module).values() if isinstance(value, Rule))
    table = rule.folder / "table.tsv"
    if again.check.__module__ == _TABLE_RULE and table.is_file():
        return replace(rule, check=_rows_watched(again.check, table, found)), found
    return replace(rule, check=again.check), found


def _rows_watched(check: Check, table: Path, found: Branches) -> Check:
    """The check of a table, its rows watched: each that gives a card is taken."""
    rows = read_table(table, Knowledge.shipped())
    first = found.add(*(Branch(table, row.line, "this row never gave a card") for row in rows))

    def watched(chart: Chart, know: Knowledge) -> Findings:
        for each in check(chart, know):
            if isinstance(each, Finding):
                found.taken |= {n for n, row in enumerate(rows, first) if _gave(row, each)}
            yield each

    return watched


def _gave(row: Row, finding: Finding) -> bool:
    """Whether a finding is of this row; rows of a topic are told apart by their words."""
    words = (re.escape(words) for words, *_ in Formatter().parse(row.summary))
    same = (row.topic, row.indicator) == (finding.key, finding.indicator)
    return same and re.match(".*".join(words), finding.summary, re.IGNORECASE) is not None


def _is_of(module: ModuleType, folder: Path) -> bool:
    return getattr(module, "__file__", None) == str(folder / "__init__.py")


@contextmanager
def _imported_anew(name: str, found: Branches) -> Iterator[None]:
    """Imports of the rule's modules are watched; afterwards, all is as it was."""
    parent = sys.modules[name.rpartition(".")[0]]
    attribute = name.rpartition(".")[2]
    inside = [n for n in sys.modules if n == name or n.startswith(f"{name}.")]
    before = {n: sys.modules.pop(n) for n in inside}
    finder = _Finder(name, found)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for n in [n for n in sys.modules if n == name or n.startswith(f"{name}.")]:
            del sys.modules[n]
        sys.modules.update(before)
        setattr(parent, attribute, before[name])


class _Finder(MetaPathFinder):
    """Finds the modules of one rule, to be watched."""

    def __init__(self, name: str, found: Branches) -> None:
        self._name, self._found = name, found

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module as it would be found, with a loader that watches."""
        if name != self._name and not name.startswith(f"{self._name}."):
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.origin and spec.origin.endswith(".py"):
            spec.loader = _Loader(name, spec.origin, self._found)
        return spec


class _Loader(SourceFileLoader):
    """Loads a module with its branches marked, and never from bytecode."""

    def __init__(self, name: str, path: str, found: Branches) -> None:
        super().__init__(name, path)
        self._found = found

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002 - as the base has it
        """The code of the marked source."""
        tree = ast.parse(self.get_data(self.path), self.path)
        marked = _Marker(Path(self.path), self._found).visit(tree)
        code: CodeType = compile(ast.fix_missing_locations(marked), self.path, "exec")
        return code

    def exec_module(self, module: ModuleType) -> None:
        """Run it, with what the marks call."""
        marks: dict[str, Callable[..., Any]] = {
            _NOTE: self._found.note,
            _REACHED: self._found.taken.add,
        }
        module.__dict__.update(marks)
        super().exec_module(module)


class _Marker(ast.NodeTransformer):
    """Puts a note at each branch; conditions take two numbers, one for each outcome."""

    def __init__(self, path: Path, found: Branches) -> None:
        self._path, self._found = path, found

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
        text = f"`{word} {ast.unparse(test)}` was never"
        outcomes = (Branch(self._path, test.lineno, f"{text} {o}") for o in ("true", "false"))
        number = self._found.add(*outcomes)
        return _call(_NOTE, ast.Constant(number), self.visit(test))

    def _bodied(
        self,
        node: ast.For | ast.match_case | ast.ExceptHandler | ast.FunctionDef,
        line: int,
        text: str,
    ) -> ast.AST:
        number = self._found.add(Branch(self._path, line, text))
        self.generic_visit(node)
        node.body.insert(0, ast.Expr(_call(_REACHED, ast.Constant(number))))
        return node


def _call(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])
