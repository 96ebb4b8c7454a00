"""What `cardwise rules new` writes works as it stands, and says what is to be put in."""

from pathlib import Path

import pytest

from hooks.errors import RuleError
from service.cases.check import findings
from service.cases.outcome import reviews
from service.cases.report import run
from service.cases.selection import selected
from service.scaffold import begin

both = pytest.mark.parametrize("table", [False, True], ids=["code", "table"])


@both
def test_it_passes_as_it_stands(tmp_path: Path, *, table: bool) -> None:
    """Its cases hold, show it speaking and silent, and take every branch."""
    begin("low_something", tmp_path, table=table)
    [report] = run(selected([str(tmp_path)], ())).reports
    assert report.passed, [*reviews(report.failed), *report.faults]
    assert len(report.selection.cases) == 3
    assert report.branches.every
    assert not report.branches.never


@both
def test_its_check_names_what_is_to_be_put_in(tmp_path: Path, *, table: bool) -> None:
    """Until each placeholder is gone, `rules check` has something to say of it."""
    begin("low_something", tmp_path, table=table)
    told = "\n".join(findings(tmp_path / "low_something"))
    for place in ("the title", "What it checks", "Evidence", "`checks`", "`source`"):
        assert f"{place} still holds a placeholder" in told
    assert ("table.tsv:3" in told) is table


@pytest.mark.parametrize("name", ["stop_metformin", "Metformin", "metformin-low", "../x", "rule"])
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    """The name says a situation, and is one of a folder."""
    with pytest.raises(RuleError, match="metformin_low_egfr"):
        begin(name, tmp_path)
    assert not list(tmp_path.iterdir())


def test_nothing_is_written_over(tmp_path: Path) -> None:
    """A rule that is there stays as it is."""
    begin("low_something", tmp_path)
    with pytest.raises(RuleError, match="there already"):
        begin("low_something", tmp_path, table=True)
    assert not (tmp_path / "low_something" / "table.tsv").exists()
