"""National Drug Codes: written in any of their forms, found in the table."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefetch.coding import Coding, Concept
from prefetch.systems import NDC
from rules._knowledge import Knowledge, tables
from rules._knowledge.ndc import NdcCodes, eleven, line

TABLE = tables.SHIPPED / "ndc.txt"
CODES = NdcCodes(TABLE)
LINES = TABLE.read_bytes().splitlines(keepends=True)
PRODUCTS = {row[0] for row in tables.rows(tables.SHIPPED, "products")}


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("0002-0152-01", "00002015201"),
        ("50090-152-01", "50090015201"),
        ("50090-0152-1", "50090015201"),
        ("50090-0152-01", "50090015201"),
        (" 50090015201 ", "50090015201"),
        ("5009001520", ""),
        ("50090-01522-01", ""),
        ("", ""),
        ("٥٠٠٩٠٠١٥٢٠١", ""),
    ],
)
def test_forms(written: str, digits: str) -> None:
    """Hyphens say where the zero goes; ten digits without them say nothing."""
    assert eleven(written) == digits


def test_every_line_is_found_and_leads_to_a_product() -> None:
    """The table is sorted, each code is there once, and each product ships."""
    pairs = [(text[:11].decode(), text[12:19].decode().strip()) for text in LINES]
    assert sorted(LINES) == LINES
    assert len({code for code, _ in pairs}) == len(pairs) > 200_000
    assert {rxcui for _, rxcui in pairs} <= PRODUCTS
    for code, rxcui in (*pairs[:3], *pairs[-3:], *pairs[:: len(pairs) // 500]):
        assert CODES.rxcui(code) == rxcui


@given(st.text(max_size=14) | st.from_regex(r"\d{5}-\d{4}-\d{2}", fullmatch=True))
def test_any_text_is_a_code_or_nothing(written: str) -> None:
    """No text breaks the search, and what is found is what the table's line says."""
    found = CODES.rxcui(written)
    assert not found or line(eleven(written), found) in LINES


def test_without_a_table_no_code_is_known(tmp_path: Path) -> None:
    """A folder without the file, or with an empty one, knows no codes."""
    (tmp_path / "empty.txt").touch()
    assert [NdcCodes(tmp_path / name).rxcui("00002015201") for name in _names()] == ["", ""]


def test_a_code_too_long_for_a_line_is_refused() -> None:
    """A code that would break the width of the table does not get into it."""
    with pytest.raises(ValueError, match="20 bytes"):
        line("00002015201", "12345678")


def test_an_order_by_ndc_is_recognised() -> None:
    """A package code alone names the drug."""
    found = Knowledge.shipped().drug(Concept((Coding(NDC, "0002-0152-01"),)))
    assert found is not None
    assert found.name == "tirzepatide"


def _names() -> Iterator[str]:
    yield from ("none.txt", "empty.txt")
