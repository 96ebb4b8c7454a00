"""`pytest` in a site's directory of rules, as a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

from tests.site_rules import FIRES, SiteRules

ROOT = Path(__file__).parents[3]


def pytest_in(directory: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run pytest there, warnings being errors."""
    command = [sys.executable, "-m", "pytest", "-p", "service.cases.pytest_plugin"]
    return subprocess.run(  # noqa: S603 - our own words
        [*command, "-p", "no:cacheprovider", "-W", "error", *words],
        cwd=directory,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_each_variant_is_a_test(site: SiteRules) -> None:
    """Two cases of six variants, one known to be wrong, and the whole; nothing is left behind."""
    changes = {"why": "Not yet.", "today": "2026-11-22", "cards": [], "known_wrong": "Soon."}
    site.usual().case("wrong", FIRES, **changes)
    before = {path for path in site.directory.rglob("*") if path.name != "__pycache__"}
    ended = pytest_in(site.directory)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "13 passed, 1 xfailed" in ended.stdout
    assert "an_order/cases/fires.json" in ended.stdout
    assert {path for path in site.directory.rglob("*") if path.suffix != ".pyc"} == before


def test_failures_read_as_reviews(site: SiteRules) -> None:
    """A failure shows why, chart, order, expected and found, and no code of ours."""
    site.usual().case("fires", FIRES, cards=[{"indicator": "critical"}])
    ended = pytest_in(site.rule, "cases/fires.json")
    assert ended.returncode == 1
    for text in ("An allergy gives a card.", "one-allergy.json", "expected  critical"):
        assert text in ended.stdout
    assert "Traceback" not in ended.stdout
    assert "pytest_plugin.py" not in ended.stdout


def test_what_cannot_be_read_is_said(site: SiteRules) -> None:
    """A case that is none ends the collection with its name and what was expected."""
    site.usual().case("bent", FIRES, hook="order-dance")
    ended = pytest_in(site.directory)
    assert ended.returncode != 0
    assert "expected one of order-select, order-sign, patient-view" in ended.stdout


def test_cases_are_looked_at_as_a_whole(site: SiteRules) -> None:
    """That no case stays silent fails a test of its own."""
    site.case("fires", FIRES)
    ended = pytest_in(site.directory)
    assert "no case stays silent" in ended.stdout
    assert "1 failed, 6 passed" in ended.stdout


def test_each_row_of_a_table_is_a_test(site: SiteRules) -> None:
    """Named by its line; a table that cannot be read ends the collection."""
    path = site.usual().rule / "cases" / "table.tsv"
    head = "why\tallergy\tentry\torder\texpected\n"
    path.write_text(f"{head}No entry gives no card.\t\t\ttext: amoxicillin\tsilent\n")
    ended = pytest_in(site.rule, "cases/table.tsv", "-v")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "cases/table.tsv::line 2 PASSED" in ended.stdout
    path.write_text("why\n")
    assert "expected the columns" in pytest_in(site.directory).stdout
