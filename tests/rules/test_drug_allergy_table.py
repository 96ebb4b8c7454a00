"""The table of drug-allergy's cases as a whole; `tests/test_cases.py` runs it row by row."""

from collections import Counter

from rules._knowledge import Knowledge
from rules._load import HOUSE
from service.cases.table import OUTCOMES, rows

ROWS = rows(HOUSE / "drug_allergy" / "cases" / "table.tsv")


def test_half_of_the_rows_stay_silent() -> None:
    """At least 150 rows, half of them silent, each outcome shown, no pair twice."""
    counts = Counter(row.expected for row in ROWS)
    assert counts.total() >= 150
    assert counts["silent"] >= counts.total() / 2
    assert counts.keys() == set(OUTCOMES)
    assert len({(row.allergy, row.entry, row.order) for row in ROWS}) == len(ROWS)
    assert all(row.why.endswith(".") for row in ROWS)


def test_codes_bear_their_own_names() -> None:
    """Each RxNorm code in the table stands beside the name that the knowledge has for it."""
    know = Knowledge.shipped()
    cells = [cell for row in ROWS for cell in (row.allergy, row.order)]
    codings = [part.split(" ", 2) for cell in cells for part in cell.split(" + ")]
    told = {(code, name) for system, code, name in filter(_is_coding, codings)}
    assert all(know.name(code) == name for code, name in told)


def _is_coding(parts: list[str]) -> bool:
    return parts[0] == "rxnorm"
