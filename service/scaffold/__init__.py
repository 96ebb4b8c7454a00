"""A new rule: a folder that works as it stands, and says wherever something is to be put in.

`rule.txt` and `table_rule.txt` become the rule's `__init__.py`; the cases hold for both.
"""

from collections.abc import Iterator
from pathlib import Path
from string import Template
from typing import Final

from hooks.errors import RuleError
from rules._names import wrong_name

_HERE: Final = Path(__file__).parent


def begin(name: str, directory: Path, *, table: bool = False) -> list[Path]:
    """Write a new rule's folder into a directory; give the files that were made.

    Raises:
        RuleError: the name says no situation, or there is something of that name already.
    """
    if wrong := wrong_name(name):
        raise RuleError(wrong)
    folder = directory / name
    if folder.exists():
        raise RuleError(f"{folder} is there already; choose another name, or edit it")
    made = []
    for path, text in _files(name, table=table):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        made.append(target)
    return made


def _files(name: str, *, table: bool) -> Iterator[tuple[str, str]]:
    source = _HERE / ("table_rule.txt" if table else "rule.txt")
    yield "__init__.py", Template(source.read_text(encoding="utf-8")).substitute(name=name)
    if table:
        yield "table.tsv", (_HERE / "table.tsv").read_text(encoding="utf-8")
    for path in sorted((_HERE / "cases").rglob("*.json")):
        yield str(path.relative_to(_HERE)), path.read_text(encoding="utf-8")
