"""What a rule's code may not do is told before any of it runs."""

from pathlib import Path

import pytest

import rules
from hooks.errors import RuleError
from rules._check import ALLOWED, check_code


def check(folder: Path, code: str) -> str:
    """What is said of a rule with this code; "" when nothing is."""
    (folder / "__init__.py").write_text(code)
    try:
        check_code(folder)
    except RuleError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import os", "a rule may not import os"),
        ("import urllib.request", "a rule may not import urllib.request"),
        ("from time import sleep", "a rule may not import time"),
        ("import rules._load", "import from rules, not from rules._load"),
        ("from rules.drug_allergy import x", "import from rules, not from rules.drug_allergy"),
        ("from rules import Charts", "rules has no 'Charts' for authors; it has ICD10CM, LOINC"),
        ("from rules import _load", "rules has no '_load' for authors"),
        ("from rules import *", "rules has no '*' for authors"),
        ("from .. import other", "imports nothing from beside its folder"),
        ("from ..other import x", "imports nothing from beside its folder"),
        ("try:\n  pass\nexcept:\n  pass", "name the exception that is expected"),
        ("try:\n  pass\nexcept BaseException:\n  pass", "name the exception that is expected"),
        ("try:\n  pass\nexcept (KeyError, GeneratorExit):\n  pass", "name the exception"),
        ("open('x')", "a rule may not call open(): a rule only yields"),
        ("print(1)", "a rule may not call print()"),
        ("eval('1')", "a rule may not call eval(): write the code out"),
        ("setattr(x, 'y', 1)", "a rule may not call setattr(): a rule changes nothing"),
        ("date.today()", "a rule has no clock: use chart.today instead of .today()"),
        ("datetime.now(UTC)", "a rule has no clock"),
        ("chart._data", "_data is private"),
        ("().__class__", "__class__ is private"),
        ("def f():\n  global x\n  x = 1", "a rule keeps nothing between calls"),
        ("x = (", "this is not Python"),
        ("x = '\0'", "this is not Python"),
    ],
)
def test_what_a_rule_may_not(tmp_path: Path, code: str, message: str) -> None:
    """Each is told with file, line and what to do instead."""
    told = check(tmp_path, code)
    assert told.startswith(f"{tmp_path / '__init__.py'}:")
    assert message in told


@pytest.mark.parametrize(
    "code",
    [
        "import math, re",
        "from collections.abc import Iterator",
        "from __future__ import annotations",
        "from rules import Chart, needs, rule",
        "import rules",
        "from . import words",
        "from .words import SUMMARY",
        "try:\n  pass\nexcept (KeyError, ValueError):\n  pass",
        "class A:\n  def f(self):\n    return self._x",
        "x._replace(a=1)",
        "chart.today",
    ],
)
def test_what_a_rule_may(tmp_path: Path, code: str) -> None:
    """The vocabulary, pure modules, its own folder, and what is its own."""
    assert check(tmp_path, code) == ""


def test_every_fault_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    """An author mends them in one go, in the order they stand."""
    (tmp_path / "words.py").write_text("import os\nimport sys\n")
    told = check(tmp_path, "\nimport socket\n").splitlines()
    places = [line.partition(": ")[0].removeprefix(str(tmp_path)) for line in told]
    assert places == ["/__init__.py:2", "/words.py:1", "/words.py:2"]


def test_the_vocabulary_is_what_it_promises() -> None:
    """Each promised name is there, once, and `rules` itself is among what may be imported."""
    assert all(hasattr(rules, name) for name in rules.__all__)
    assert len(set(rules.__all__)) == len(rules.__all__)
    assert "rules" in ALLOWED
