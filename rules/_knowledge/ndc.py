"""National Drug Codes: from the package on an order or a label to the RxNorm product.

The table is a sorted file of lines of one width, searched where it lies: 220,000 codes would
otherwise cost more memory than all other knowledge together.
"""

import mmap
import re
from pathlib import Path
from typing import Final

_WIDTH: Final = 20  # 11 digits, a tab, a code of up to 7 digits, a line feed
_DIGITS: Final = 11
_HYPHENATED: Final = re.compile(r"(\d{4,5})-(\d{3,4})-(\d{1,2})")


class NdcCodes:
    """The table, opened when a code is first asked for."""

    def __init__(self, path: Path) -> None:
        """Remember where it is."""
        self._path = path
        self._lines: mmap.mmap | bytes | None = None

    def rxcui(self, code: str) -> str:
        """The RxNorm code of a National Drug Code as written; "" when it is not known."""
        digits = eleven(code)
        return self._found(digits.encode()) if digits else ""

    def _found(self, wanted: bytes) -> str:
        lines = self._opened()
        low, high = 0, len(lines) // _WIDTH
        while low < high:
            middle = (low + high) // 2
            start = middle * _WIDTH
            there = lines[start : start + _DIGITS]
            if there == wanted:
                return lines[start + _DIGITS + 1 : start + _WIDTH - 1].decode().strip()
            low, high = (middle + 1, high) if there < wanted else (low, middle)
        return ""

    def _opened(self) -> mmap.mmap | bytes:
        if self._lines is None:
            self._lines = _mapped(self._path)
        return self._lines


def eleven(code: str) -> str:
    """The code in the 11 digits of 5-4-2; "" when that cannot be told.

    Ten digits with hyphens say where a zero belongs; ten without do not. Source: FDA, "National
    Drug Code Database Background Information" (4-4-2, 5-3-2 and 5-4-1); HIPAA's 11 digits.
    """
    plain = code.strip()
    if found := _HYPHENATED.fullmatch(plain):
        labeler, product, package = found.groups()
        return labeler.zfill(5) + product.zfill(4) + package.zfill(2)
    return plain if len(plain) == _DIGITS and plain.isascii() and plain.isdigit() else ""


def line(digits: str, rxcui: str) -> bytes:
    """One line of the table.

    Raises:
        ValueError: the code does not fit.
    """
    text = f"{digits}\t{rxcui:<7}\n".encode()
    if len(text) != _WIDTH:
        raise ValueError(f"no line of {_WIDTH} bytes: {digits} {rxcui}")
    return text


def _mapped(path: Path) -> mmap.mmap | bytes:
    try:
        with path.open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (FileNotFoundError, ValueError):  # no table, or an empty one
        return b""
