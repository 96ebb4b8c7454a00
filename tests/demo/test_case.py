"""A call saved as a rule case: it holds where the rules' cases are run."""

import json
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from service.cases.case import read
from service.cases.outcome import reviews
from service.cases.report import run
from service.cases.selection import Selection
from tests.demo.conftest import Visit
from tests.demo.desk import AMOXICILLIN
from tests.demo.site import Json
from tests.ehr import RULES

ANA, CHILD = "penicillin-anaphylaxis", "child"


def saved(hand: Any, rule: str) -> tuple[Json, Json]:
    """The case and the chart that the latest call can be saved as."""
    place = hand.page.index('class="call" id="call-') + len('class="call" id="call-')
    address = f"/demo/patients/{hand.patient}/calls/{hand.page[place : place + 36]}/{rule}"
    assert f'href="{address}.json"' in unescape(hand.page)
    case = hand.client.get(f"{address}.json")
    name = case.headers["content-disposition"].split('"')[1]
    chart = hand.client.get(f"{address}/chart.json")
    assert chart.headers["content-disposition"].split('"')[1] == name.replace(
        ".json", ".chart.json"
    )
    return {"name": name, **case.json()}, chart.json()


@pytest.mark.parametrize("patient", [ANA, CHILD])
def test_a_saved_case_holds_in_the_test_suite(visit: Visit, tmp_path: Path, patient: str) -> None:
    """The saved case and chart, put where a rule's are, hold in every variant."""
    hand = visit(patient)
    hand.order("308191")
    case, chart = saved(hand, "drug-allergy")
    assert case["orders"] == [
        {"id": hand.drafts()[0]["id"], "medicationCodeableConcept": _amoxicillin()}
    ]
    bundle = f"../charts/{case['name'].removesuffix('.json')}.chart.json"
    assert (case.get("chart"), case.get("bundle")) == (
        (ANA, None) if patient == ANA else (None, bundle)
    )
    path = put(tmp_path / "drug_allergy" / "cases" / case.pop("name"), case)
    put(tmp_path / "drug_allergy" / "charts" / bundle.rpartition("/")[2], chart)
    (rule,) = (rule for rule in RULES if rule.id == "drug-allergy")
    [report] = run([Selection(rule, [read(path)])]).reports
    assert not list(reviews(report.failed))
    assert read(path).written.cards


def put(path: Path, content: Json) -> Path:
    """A JSON file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


def _amoxicillin() -> Json:
    coding = {
        "system": "http://www.nlm.nih.gov/research/umls/rxnorm",
        "code": "308191",
        "display": AMOXICILLIN,
    }
    return {"coding": [coding], "text": AMOXICILLIN}


def test_a_chart_that_was_written_to_is_saved_with_the_case(visit: Visit) -> None:
    """Once something is signed, the chart is no longer the one that cases share."""
    hand = visit(ANA)
    hand.order("617310")
    hand.act("sign")
    hand.order("308191")
    case, chart = saved(hand, "drug-allergy")
    assert "chart" not in case
    assert case["bundle"].endswith(".chart.json")
    kinds = [entry["resource"]["resourceType"] for entry in chart["entry"]]
    assert sorted(kinds) == [
        "AllergyIntolerance",
        "MedicationRequest",
        "MedicationRequest",
        "Patient",
    ]


def test_a_call_that_lacked_data_is_no_case(visit: Visit) -> None:
    """What was not checked for want of data says nothing of the rules; it cannot be saved."""
    hand = visit(ANA)
    hand.act("switch", prefetch="none", server="failing")
    assert "Save as case" not in hand.page.split('class="call"')[1]
    hand.act("switch", prefetch="none", server="working")
    assert "Save as case" in hand.page.split('class="call"')[1]


def test_only_ones_own_calls_can_be_saved(visit: Visit) -> None:
    """Another session's call, and a rule that did not run, are not found."""
    mine, theirs = visit(ANA), visit(ANA)
    mine.order("308191")
    place = mine.page.index('class="call" id="call-') + len('class="call" id="call-')
    address = f"/demo/patients/{ANA}/calls/{mine.page[place : place + 36]}"
    assert theirs.client.get(f"{address}/drug-allergy.json").status_code == 404
    assert mine.client.get(f"{address}/unrecognized-allergy.json").status_code == 404
