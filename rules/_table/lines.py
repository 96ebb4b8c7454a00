"""The lines of a table as a spreadsheet saves it: tab-separated text in UTF-8 or UTF-16."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from hooks.errors import RuleError
from rules._places import shown

# What spreadsheets make of what was typed.
_TYPED: Final = str.maketrans({"\u2265": ">=", "\u2264": "<=", "\u00a0": " "})


def table_lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The lines that hold something, with their numbers.

    Raises:
        RuleError: it cannot be read as text.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise RuleError(f"{shown(path)}: cannot be read ({error.strerror}); put it there") from None
    try:
        text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        raise RuleError(f"{shown(path)}:1: save the table as tab-separated text, UTF-8") from None
    reader = csv.reader(text.splitlines(), "excel-tab")
    for cells in reader:
        values = [cell.translate(_TYPED).strip() for cell in cells]
        if any(values) and not values[0].startswith("#"):
            yield reader.line_num, values
