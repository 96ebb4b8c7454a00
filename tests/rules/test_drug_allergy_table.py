"""What drug-allergy says of each pair of an allergy entry and an order in its table of cases."""

from collections import Counter

import pytest

from rules._knowledge import Knowledge
from tests.ehr import EHR, bundle
from tests.rules.allergy_table import OUTCOMES, Row, outcome, rows

ROWS = rows()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.why)
async def test_row(ehr: EHR, row: Row) -> None:
    """The entry and the order give exactly the card that the row expects."""
    prefetch = {"allergies": bundle(row.resource), "medications": bundle()}
    answer = await ehr.sign(row.draft, prefetch=prefetch, fhirServer=None, fhirAuthorization=None)
    assert answer.status_code == 200, answer.text
    assert outcome(answer.json()) == row.expected, answer.json()["cards"]


def test_half_of_the_rows_stay_silent() -> None:
    """At least 150 rows, half of them silent, each outcome shown, no pair twice."""
    counts = Counter(row.expected for row in ROWS)
    assert counts.total() >= 150
    assert counts["silent"] >= counts.total() / 2
    assert counts.keys() == set(OUTCOMES)
    assert len({row[1:4] for row in ROWS}) == len(ROWS)
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
