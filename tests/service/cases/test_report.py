"""Running cases: variants, known-wrong ones, faults of the whole, branches."""

import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from hooks.errors import CaseError
from rules._load import load_folder
from service.cases import junit
from service.cases.branches import watched
from service.cases.outcome import reviews
from service.cases.report import Report, run
from service.cases.selection import selected
from service.scaffold import begin
from tests.ehr import allergy
from tests.site_rules import FIRES, SILENT, SiteRules


def report(site: SiteRules) -> Report:
    """What comes of all cases of the site's rule."""
    [found] = run(selected([str(site.rule)], ())).reports
    return found


def test_each_case_runs_in_each_variant(site: SiteRules) -> None:
    """Fetched, prefetched, paged, referenced, beside another order, and without each need."""
    found = report(site.usual())
    assert found.passed, list(reviews(found.failed))
    assert {outcome.variant for outcome in found.outcomes} == {
        "fetched",
        "prefetched",
        "paged",
        "beside another",
        "referenced",
        "without allergy list",
    }


def test_a_wrong_expectation_fails_in_every_variant_but_the_one_without_data(
    site: SiteRules,
) -> None:
    """What the case expects is compared wherever the rule can run; the review says it once."""
    site.usual().case("fires", FIRES, cards=[{"indicator": "critical"}])
    found = report(site)
    assert {outcome.variant for outcome in found.failed} == {
        "fetched",
        "prefetched",
        "paged",
        "beside another",
        "referenced",
    }
    [told] = reviews(found.failed)
    assert "An allergy gives a card." in told
    assert "expected  critical" in told


def test_known_wrong_is_kept_and_labelled(site: SiteRules) -> None:
    """A case labelled known_wrong may fail, is run once, and is told apart."""
    wrong = "It should see that the allergy was refuted."
    changes = {"why": "Not yet.", "today": "2026-11-22", "cards": [], "known_wrong": wrong}
    site.usual().case("wrong", FIRES, **changes)
    found = report(site)
    assert found.passed
    assert [o.case.id for o in found.outcomes if o.known_wrong] == ["an_order/wrong"]


def test_known_wrong_that_is_right_is_an_error(site: SiteRules) -> None:
    """Once the rule is right, the label must go."""
    site.usual().case("right", FIRES, known_wrong="No longer.", why="So.", today="2026-11-20")
    found = report(site)
    [told] = reviews(found.failed)
    assert "Take the label off." in told


def test_faults_of_the_cases_are_told(site: SiteRules) -> None:
    """No silent case, the same sentence twice, the same situation twice, and a foreign hook."""
    site.case("fires", FIRES)
    site.case("again", FIRES)
    site.case("elsewhere", FIRES, hook="order-select", why="Elsewhere.")
    told = "\n".join(report(site).faults)
    assert "no case stays silent" in told
    assert "again and an_order/fires: the same why" in told
    assert "the same chart, hook, day and orders" in told
    assert "does not answer order-select" in told


def test_a_rule_needs_a_case_that_gives_a_card(site: SiteRules) -> None:
    """A rule that is only shown silent is not shown at all."""
    site.case("silent", SILENT)
    assert any("no case gives a card" in fault for fault in report(site).faults)


def test_charts_that_no_case_opens_are_told(site: SiteRules) -> None:
    """A chart nobody opens is a fault of the directory."""
    site.usual().chart("forgotten", allergy())
    faults = run(selected([str(site.directory)], ()), [site.directory]).faults
    assert [fault.partition(":")[0] for fault in faults] == ["_charts/forgotten.json"]


def test_branches_that_no_case_takes_are_listed(site: SiteRules) -> None:
    """Each condition that was never true or never false is told with its line."""
    never = report(site.usual()).branches.never
    text = (site.rule / "__init__.py").read_text().splitlines()
    assert [branch.text for branch in never] == ["`if len(chart.allergies) == 1` was never false"]
    assert "len(chart.allergies) == 1" in text[never[0].line - 1]


def test_a_branch_that_a_case_takes_is_not_listed(site: SiteRules) -> None:
    """With a case for it, every branch is taken."""
    site.usual().chart("two", allergy(), allergy(id="a2"))
    site.case("two", FIRES, chart="two", why="Two.", cards=[{"indicator": "critical"}])
    found = report(site)
    assert found.passed
    assert not found.branches.never


def test_a_report_for_machines(site: SiteRules, tmp_path: Path) -> None:
    """JUnit has a test for each variant, the reviews of failures, and the faults."""
    site.case("fires", FIRES, cards=[])
    found = run(selected([str(site.rule)], ()))
    junit.write(tmp_path / "new" / "report.xml", found.outcomes, found.every_fault, found.seconds)
    suite = ET.parse(tmp_path / "new" / "report.xml").getroot()  # noqa: S314 - our own file
    assert suite.attrib["tests"] == str(len(suite.findall("testcase")))
    assert suite.attrib["failures"] == str(len(suite.findall("testcase/failure")))
    assert "card 1 was not expected" in (suite.findtext("testcase/failure") or "")


@pytest.mark.parametrize("word", ["nothing-of-that-name", "an_order/none", "."])
def test_words_that_mean_nothing_are_refused(
    word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that no rule, case or directory has is an error, not an empty run."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CaseError, match="no rule"):
        selected([word], ())


def test_words_name_rules_cases_and_directories(site: SiteRules) -> None:
    """A case, a rule and a directory of rules are all found by path, and joined."""
    site.usual()
    case = site.rule / "cases" / "fires.json"
    [one] = selected([str(case)], ())
    assert ([c.id for c in one.cases], one.whole) == (["an_order/fires"], False)
    [both] = selected([str(case), str(site.directory)], ())
    assert (len(both.cases), both.whole) == (2, True)


def test_branches_of_a_file_beside_are_watched(site: SiteRules) -> None:
    """A rule may keep part of itself in another file of its folder; its branches count too."""
    (site.rule / "words.py").write_text(
        "def noun(count: int) -> str:\n    return 'entry' if count == 1 else 'entries'\n"
    )
    path = site.rule / "__init__.py"
    text = path.read_text().replace("@rule(", "from .words import noun\n\n\n@rule(", 1)
    path.write_text(text.replace("on the allergy list", "{noun(len(chart.allergies))}"))
    site.case("fires", FIRES, cards=[{"indicator": "warning"}])
    site.case("silent", SILENT)
    found = report(site)
    assert found.passed, list(reviews(found.failed))
    told = {(branch.path.name, branch.text) for branch in found.branches.never}
    assert ("words.py", "`if count == 1` was never false") in told
    assert ("words.py", "`if count == 1` was never true") not in told


def test_watching_leaves_the_rule_as_it_was(site: SiteRules) -> None:
    """The rule that is served is not the one that is watched."""
    rule = load_folder(site.usual().rule)
    module = sys.modules[rule.check.__module__]
    again, _ = watched(rule)
    assert again.check is not rule.check
    assert sys.modules[rule.check.__module__] is module


def test_rows_of_a_table_that_no_case_reaches_are_listed(tmp_path: Path) -> None:
    """A row that gives no card in any case is told with its line."""
    begin("pair_of_drugs", tmp_path, table=True)
    table = tmp_path / "pair_of_drugs" / "table.tsv"
    last = table.read_text().splitlines()[-1].replace("class:nsaids", "metformin")
    table.write_text(f"{table.read_text()}{last}\n")
    [found] = run(selected([str(tmp_path)], ())).reports
    assert found.passed, list(reviews(found.failed))
    assert [(b.path, b.line) for b in found.branches.never] == [(table, 4)]


def test_a_rule_that_breaks_is_told_with_its_line(site: SiteRules) -> None:
    """What breaks in a rule fails every variant it runs in, and says where; nothing is silent."""
    path = site.usual().rule / "__init__.py"
    path.write_text(path.read_text().replace("        if chart.allergies:", "        if 1 / 0:"))
    found = report(site)
    line = path.read_text().splitlines().index("        if 1 / 0:") + 1
    told = "\n".join(reviews(found.failed))
    assert f"the rule broke: ZeroDivisionError: division by zero at {path}:{line}" in told
    assert not any(outcome.answered for outcome in found.failed)


def test_several_orders_are_told_apart(site: SiteRules) -> None:
    """Orders given as codes are several drafts, each of which gets its card."""
    cards = [{"indicator": "warning"}, {"indicator": "warning"}]
    site.usual().case("two", FIRES, why="Two orders.", orders=["308191", "314076"], cards=cards)
    assert report(site).passed


def test_a_card_that_is_none_is_told(site: SiteRules) -> None:
    """A summary that is too long fails every run, and says so; it is no answer to be written."""
    path = site.usual().rule / "__init__.py"
    path.write_text(path.read_text().replace("on the allergy list", "x" * 150))
    found = report(site)
    assert "summary" in "\n".join(reviews(found.failed))
    assert not any(outcome.answered for outcome in found.failed)
    assert len(found.failed) == len(found.outcomes)
