"""The written policy of how urgent a conflict is, and a site's changes to it."""

import re
from pathlib import Path
from typing import get_args

import pytest

from hooks.errors import ConfigurationError
from rules._knowledge import Knowledge, tables
from rules._knowledge.conflicts import Conflict
from rules._knowledge.urgency import CELLS, STANDINGS, Standing, Urgency

POLICY = Urgency.read(tables.SHIPPED)
ROWS = [(row[0], row[1]) for row in tables.rows(tables.SHIPPED, "urgency")]
CONFLICT = Conflict("same-class", "1", "A", "B", "C", "high", "why", "where")


def step(kind: str, strength: str, standing: Standing) -> int:
    """How urgent a cell is, counted from silence."""
    return len(CELLS) - 1 - CELLS.index(POLICY.of(kind, strength, standing) or "silent")


def test_every_conflict_has_a_row() -> None:
    """Each kind and strength that the tables of cross-reactivity can give is in the policy."""
    strengths = {"high", "moderate", "low"}
    pairs = {("same-ingredient", "high"), ("same-class", "high")}
    for a, b, _, strength, _, _, confidence in tables.rows(tables.SHIPPED, "cross_reactivity"):
        if confidence != "low" and strength in strengths:
            pairs.add(("same-class" if a == b else "cross-reactive", strength))
    assert pairs <= {*ROWS}
    assert get_args(Standing) == STANDINGS


@pytest.mark.parametrize("row", ROWS, ids="/".join)
def test_a_weaker_entry_is_never_more_urgent(row: tuple[str, str]) -> None:
    """Severe, plain and minor entries give less and less; given since is below each but minor."""
    severe, plain, minor, severe_since, since = (step(*row, s) for s in STANDINGS)
    assert severe >= plain >= minor
    assert severe > severe_since >= since
    assert plain >= since > 0


@pytest.mark.parametrize("standing", STANDINGS)
def test_a_weaker_tie_is_never_more_urgent(standing: Standing) -> None:
    """From the drug itself to little cross-reactivity, urgency only goes down."""
    kinds = ({"same-ingredient", "same-class"}, {"cross-reactive"}, {"inactive-ingredient"})
    same, *others = ([step(*row, standing) for row in ROWS if row[0] in ties] for ties in kinds)
    for steps in (same, *others):
        assert steps == sorted(steps, reverse=True)
        assert same[0] >= steps[0]


def test_a_site_changes_one_cell() -> None:
    """The cell that was changed, and no other, is the site's own; the shipped table stays."""
    know = Knowledge.shipped()
    other = know.with_urgency({"same-class/high": {"minor": "silent"}})
    assert other.urgency(CONFLICT, "minor") is None
    assert other.urgency(CONFLICT, "plain") == "critical"
    assert know.urgency(CONFLICT, "minor") == "info"


@pytest.mark.parametrize(
    "changes",
    [
        {"same-family/high": {"minor": "silent"}},
        {"same-class/high": {"mild": "silent"}},
        {"same-class/high": {"minor": "loud"}},
    ],
    ids=["row", "column", "cell"],
)
def test_a_change_that_means_nothing_is_refused(changes: dict[str, dict[str, str]]) -> None:
    """A wrong row, column or cell is an error that lists the right ones."""
    with pytest.raises(ConfigurationError, match=r"cross-reactive/low.*severe.*critical"):
        Knowledge.shipped().with_urgency(changes)


def test_a_row_that_lacks_a_cell_is_no_policy(tmp_path: Path) -> None:
    """A table whose row has one cell too few is not read at all, rather than in part."""
    shipped = (tables.SHIPPED / "urgency.tsv").read_text()
    whole = "same-class\tmoderate\tcritical\twarning\tinfo\twarning\tinfo\t"
    assert whole in shipped
    lacking = shipped.replace(whole, whole.removesuffix("info\t"))
    (tmp_path / "urgency.tsv").write_text(lacking)
    with pytest.raises(ValueError, match="shorter"):
        Urgency.read(tmp_path)


def test_the_policy_is_documented() -> None:
    """docs/knowledge.md shows every cell of the policy, and no other."""
    page = (Path(__file__).parents[2] / "docs" / "knowledge.md").read_text()
    cells = r" \| (\w+)" * len(STANDINGS)
    told = re.findall(rf"^\| (\S+/\S+){cells} \|$", page, re.MULTILINE)
    rows = tables.rows(tables.SHIPPED, "urgency")
    assert told == [(f"{kind}/{strength}", *cells) for kind, strength, *cells, _ in rows]
