"""Reading a case: what is in it, and what is said of one that cannot be read."""

from datetime import date
from typing import Any

import pytest

from hooks.errors import CaseError
from service.cases.case import read
from tests.site_rules import FIRES, SiteRules


def test_a_case_is_read(site: SiteRules) -> None:
    """Rule, id, day and chart come from the file and where it lies."""
    case = read(site.case("fires", FIRES))
    assert (case.rule, case.id) == ("an_order", "an_order/fires")
    assert (case.written.today, case.chart.patient) == (date(2026, 11, 21), "p1")


def test_an_order_may_be_a_code(site: SiteRules) -> None:
    """An RxNorm code stands for a whole draft order of that drug for the patient."""
    [draft] = read(site.case("fires", FIRES)).drafts()
    assert draft["medicationCodeableConcept"]["text"] == "amoxicillin 500 MG Oral Capsule"
    assert (draft["subject"], draft["status"]) == ({"reference": "Patient/p1"}, "draft")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"hook": "order-dance"}, "order-sign"),
        ({"why": "no sentence"}, "`why`"),
        ({"why": None}, "`why`"),
        ({"chart": "unknown"}, "one-allergy"),
        ({"chart": None}, "either `chart` or `bundle`"),
        ({"bundle": "x.json"}, "either `chart` or `bundle`"),
        ({"chart": None, "bundle": "nowhere.json"}, "nowhere.json"),
        ({"today": "yesterday"}, "$.today"),
        ({"card": []}, "`card`"),
        ({"cards": [{"sumary": "x"}]}, "`sumary`"),
    ],
)
def test_what_is_wrong_with_a_case_is_said(
    site: SiteRules, changes: dict[str, Any], told: str
) -> None:
    """The message names the file, and what was expected in it."""
    path = site.case("bent", FIRES, **changes)
    with pytest.raises(CaseError) as refused:
        read(path)
    assert "bent" in str(refused.value) or "nowhere" in str(refused.value)
    assert told in str(refused.value)


def test_what_is_no_json_is_refused(site: SiteRules) -> None:
    """A file that is no JSON is told by its name."""
    path = site.case("bent", FIRES)
    path.write_text("{")
    with pytest.raises(CaseError, match=r"bent\.json"):
        read(path)
