"""Writing what was found into the cases."""

import json

from service.cases.report import run
from service.cases.selection import selected
from service.cases.update import diff, rewritten
from tests.site_rules import FIRES, SUMMARY, SiteRules


def updated(site: SiteRules) -> tuple[str, str]:
    """The new text of the case `fires`, and the diff."""
    path = site.rule / "cases" / "fires.json"
    [report] = run(selected([str(path)], ())).reports
    outcome = report.outcomes[0]
    return rewritten(outcome), diff(outcome.case, rewritten(outcome))


def test_what_is_asked_for_is_rewritten_and_no_more(site: SiteRules) -> None:
    """A member that the case has gets what was found; what it leaves open stays open."""
    site.case("fires", FIRES, cards=[{"summary": "Old"}])
    text, changes = updated(site)
    assert json.loads(text)["cards"] == [{"summary": SUMMARY}]
    assert [line for line in changes.splitlines() if line[:1] in "+-"][2:] == [
        '-      "summary": "Old"',
        f'+      "summary": "{SUMMARY}"',
    ]


def test_a_new_card_is_written_whole(site: SiteRules) -> None:
    """A card that no expectation was there for gets indicator and summary."""
    site.case("fires", FIRES, cards=[])
    assert json.loads(updated(site)[0])["cards"] == FIRES["cards"]


def test_a_card_that_is_gone_goes(site: SiteRules) -> None:
    """Expectations without a card are taken out."""
    site.case("fires", FIRES, chart="nothing")
    assert json.loads(updated(site)[0])["cards"] == []


def test_what_is_right_is_written_as_it_is(site: SiteRules) -> None:
    """A case that holds is not changed by being written again."""
    path = site.case("fires", FIRES)
    text, changes = updated(site)
    assert (text, changes) == (path.read_text(), "")
