"""A rule's docstring, read as its page: a title and fixed headings in fixed order."""

import inspect
from typing import Final

from hooks.errors import RuleError

HEADINGS: Final = (
    "What it checks",
    "Why it matters",
    "When it stays silent",
    "What it suggests",
    "Known limits",
    "Evidence",
    "History",
)
_OPTIONAL: Final = frozenset({"What it suggests", "Known limits"})


def read_page(docstring: str, where: str) -> tuple[str, dict[str, str]]:
    """Split a rule's docstring into its title and its headed sections.

    Args:
        docstring: the docstring.
        where: the file, for the message.

    Raises:
        RuleError: a heading is missing, unknown, out of order, or has nothing below it.
    """
    title, *lines = inspect.cleandoc(docstring).splitlines() or [""]
    page: dict[str, str] = {}
    heading = ""
    for number, line in enumerate(lines, start=2):
        if line.endswith(":") and line[:-1] in HEADINGS:
            heading = line[:-1]
            page[heading] = ""
        elif heading:
            page[heading] += line.removeprefix("    ") + "\n"
        elif line.strip():
            raise RuleError(
                f"{where}:{number}: expected a heading after the title, found {line!r}; put the "
                f'text below "{HEADINGS[0]}:", indented'
            )
    page = {key: text.strip() for key, text in page.items()}
    _require_headings(where, title, page)
    return title.rstrip("."), page


def _require_headings(where: str, title: str, page: dict[str, str]) -> None:
    found = list(page)
    required = [h for h in HEADINGS if h not in _OPTIONAL or h in found]
    if not title or found != required:
        raise RuleError(
            f"{where}:1: the docstring needs a title line and the headings "
            f"{', '.join(required)}, each followed by a colon, in this order; "
            f"found {', '.join(found) or 'none'}"
        )
    for heading, text in page.items():
        if not text:
            raise RuleError(f"{where}:1: write something below the heading {heading!r}, indented")
