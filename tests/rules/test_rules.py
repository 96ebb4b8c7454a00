"""What every rule owes its reader, and what it may not reach for."""

import ast
import re
from pathlib import Path

import pytest

from rules._load import load
from rules._page import HEADINGS
from rules._rule import Rule

RULES = Path(__file__).parents[2] / "rules"
# The pure parts of the standard library a rule may use; everything of ours comes from `rules`.
ALLOWED = {"collections", "dataclasses", "datetime", "decimal", "enum", "functools", "itertools"}
ALLOWED |= {"math", "operator", "re", "rules", "statistics", "typing"}

each_rule = pytest.mark.parametrize("rule", load(), ids=lambda rule: rule.id)


@each_rule
def test_a_rule_imports_only_the_vocabulary(rule: Rule) -> None:
    """A rule folder imports `rules` and pure standard modules: no network, clock, log, or rule."""
    folder = RULES / rule.id.replace("-", "_")
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level != 1:  # its own folder is its own
                names = [node.module or ""]
            for name in names:
                assert name.partition(".")[0] in ALLOWED, f"{path}: {name} is one too many"
                assert name == "rules" or not name.startswith("rules."), f"{path}: {name}"


@each_rule
def test_a_rule_says_where_it_comes_from(rule: Rule) -> None:
    """Source with URL, evidence, review date and a history that ends in the current version."""
    assert rule.source.url
    assert rule.source.url in rule.page["Evidence"]
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", rule.reviewed)
    assert rule.version in rule.page["History"]
    assert all(rule.page[heading] for heading in HEADINGS if heading in rule.page)


@each_rule
def test_a_rule_is_named_after_the_situation(rule: Rule) -> None:
    """An id names what is the case, not what to do about it."""
    verbs = {"check", "avoid", "stop", "warn", "alert", "no", "dont", "never", "prevent"}
    assert not verbs & set(rule.id.split("-"))
    assert rule.id not in {"rule", "test"}


@each_rule
def test_a_rule_file_fits_in_the_head(rule: Rule) -> None:
    """A rule's module has at most 120 lines."""
    source = (RULES / rule.id.replace("-", "_") / "__init__.py").read_text()
    assert len(source.splitlines()) <= 120
