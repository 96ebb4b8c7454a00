"""What can be said of a rule without running it: its page, its links, its cases."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from hooks.errors import CardwiseError, CaseError, RuleError
from rules._load import load_folder
from rules._places import shown
from rules._rule import Rule
from service.cases.case import read
from service.cases.suite import faults
from service.cases.table import table_of

_URL: Final = re.compile(r"https?://[\w-]+(\.[\w-]+)+(:\d+)?(/\S*)?")
_PLACEHOLDER: Final = "TODO"


def findings(folder: Path) -> Iterator[str]:
    """What is wrong with the rule in a folder, a sentence each, with where to look."""
    try:
        rule = load_folder(folder)
    except RuleError as error:
        yield from str(error).splitlines()
        return
    where = shown(folder / "__init__.py")
    yield from (f"{where}: {fault}" for fault in _of_the_page(rule))
    yield from _of_the_table(folder / "table.tsv")
    yield from _of_the_cases(rule)


def _of_the_page(rule: Rule) -> Iterator[str]:
    if not _URL.fullmatch(rule.source.url or ""):
        yield "`source` needs the guideline's URL, beginning with https://"
    if not _URL.search(rule.page["Evidence"]):
        yield "Evidence names no link; give the guideline's DOI or URL"
    metadata = {"`checks`": rule.checks, "`source`": rule.source.label}
    for name, text in {"the title": rule.title, **rule.page, **metadata}.items():
        if _PLACEHOLDER in text:
            yield f"{name} still holds a placeholder ({_PLACEHOLDER})"


def _of_the_table(table: Path) -> Iterator[str]:
    lines = table.read_text("utf-8").splitlines() if table.is_file() else []
    for number, line in enumerate(lines, 1):
        if _PLACEHOLDER in line:
            yield f"{shown(table)}:{number}: this row still holds a placeholder ({_PLACEHOLDER})"


def _of_the_cases(rule: Rule) -> Iterator[str]:
    try:
        list(table_of(rule))
    except CardwiseError as error:
        yield str(error)
    cases = []
    for path in sorted((rule.folder / "cases").glob("*.json")):
        try:
            cases.append(read(path))
        except CaseError as error:
            yield str(error)
    yield from faults(rule, cases)
