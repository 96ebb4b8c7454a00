"""A site's directory of rules, for tests: one small rule, and whatever cases a test gives it."""

import json
from pathlib import Path
from typing import Any

from tests.ehr import allergy

Json = dict[str, Any]

RULE = '''"""Order while the chart has an allergy.

What it checks:
    Every order.

Why it matters:
    It is there for tests.

When it stays silent:
    Where the allergy list is empty.

Evidence:
    A test. https://example.org/guideline

History:
    1.0.0 First version.
"""

from rules import Chart, Finding, Findings, Knowledge, Source, needs, rule


@rule(
    hooks=("order-sign",),
    checks="orders in tests",
    needs=(needs.allergies,),
    source=Source(label="A test", url="https://example.org/guideline"),
    version="1.0.0",
    reviewed="2026-11-21",
)
def an_order(chart: Chart, know: Knowledge) -> Findings:
    """One card for each order, warning for one allergy and critical for more."""
    for order in chart.selected:
        if chart.allergies:
            yield Finding(
                indicator="warning" if len(chart.allergies) == 1 else "critical",
                summary=f"{order.label} is ordered; {len(chart.allergies)} on the allergy list",
                about=(order,),
                detail=" and ".join(each.substance.label for each in chart.allergies),
            )
'''
SUMMARY = "amoxicillin 500 MG Oral Capsule is ordered; 1 on the allergy list"
FIRES: Json = {
    "why": "An allergy gives a card.",
    "chart": "one-allergy",
    "hook": "order-sign",
    "today": "2026-11-21",
    "orders": ["308191"],
    "cards": [{"indicator": "warning", "summary": SUMMARY}],
}
SILENT: Json = {
    "why": "An empty list gives none.",
    "chart": "nothing",
    "hook": "order-sign",
    "today": "2026-11-21",
    "orders": ["308191"],
    "cards": [],
}


class SiteRules:
    """The directory, with the rule `an_order` and two charts."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.rule = directory / "an_order"
        (self.rule / "cases").mkdir(parents=True)
        (self.rule / "__init__.py").write_text(RULE)
        self.chart("one-allergy", allergy())
        self.chart("nothing")

    def case(self, name: str, case: Json, **changes: Any) -> Path:
        """Write a case; a change of None leaves the member out."""
        whole = {key: value for key, value in (case | changes).items() if value is not None}
        path = self.rule / "cases" / f"{name}.json"
        path.write_text(json.dumps(whole, indent=2) + "\n")
        return path

    def usual(self) -> "SiteRules":
        """Write one case that fires and one that stays silent."""
        self.case("fires", FIRES)
        self.case("silent", SILENT)
        return self

    def chart(self, name: str, *resources: Json, patient: str = "p1") -> Path:
        """Write a chart of the patient."""
        entries = [{"resource": {"resourceType": "Patient", "id": patient}}]
        entries += [{"resource": resource} for resource in resources]
        path = self.directory / "_charts" / f"{name}.json"
        path.parent.mkdir(exist_ok=True)
        bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
        path.write_text(json.dumps(bundle))
        return path
