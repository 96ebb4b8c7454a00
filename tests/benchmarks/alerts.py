"""`python -m tests.benchmarks.alerts FOLDER`: count conflicts seen, and false alerts.

Each row of drug-allergy's table of cases is planted into the chart of every patient of a folder of
FHIR Bundles (Synthea's, for instance): its entry among the patient's own allergies, its order as
the draft. A row that expects a card is a conflict; one that expects silence is not. Last, each
patient's own prescriptions are drafted against the patient's own allergies, to count what would
have been shown without anything planted.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from hooks.order_sign import OrderSign
from prefetch import needs
from prefetch.chart import Chart
from prefetch.data import Data
from rules import Finding
from rules._knowledge import Knowledge
from rules._load import HOUSE
from rules.drug_allergy import drug_allergy
from service.cases.table import Row, rows

Json = dict[str, Any]
ALERTS = ("critical", "warning", "info")
ROWS = rows(HOUSE / "drug_allergy" / "cases" / "table.tsv")


class Patient(NamedTuple):
    """One patient of the folder."""

    id: str
    allergies: list[Json]
    orders: list[Json]

    def urgencies(self, order: Json, *planted: Json, given: list[Json] | None = None) -> list[str]:
        """Which cards an order gets, with entries planted among the patient's own."""
        draft = self._owned(order)
        entries = {"resourceType": "Bundle", "entry": [{"resource": draft}]}
        context = OrderSign(patient_id=self.id, user_id="Practitioner/1", draft_orders=entries)
        listed = [*self.allergies, *planted]
        owned = [each | {"patient": self._reference} for each in listed]
        found = Data(needs.allergies, self.id, [_searchset(owned)])
        none = Data(needs.medications, self.id, [_searchset([])])
        data = {"allergies": found, "medications": none}
        for need in (needs.past_medications, needs.administrations):
            doses = [self._owned(r) for r in given or () if r["resourceType"] == need.resource]
            data[need.key] = Data(need, self.id, [_searchset(doses)])
        chart = Chart(context, data, today=date(2026, 11, 21))
        cards = drug_allergy.check(chart, Knowledge.shipped())
        return [card.indicator for card in cards if isinstance(card, Finding)]

    @property
    def _reference(self) -> Json:
        return {"reference": f"Patient/{self.id}"}

    def _owned(self, resource: Json) -> Json:
        return resource | {"subject": self._reference}


def main(folder: Path) -> int:
    """Measure, and print."""
    patients = list(_patients(folder))
    if not patients:
        sys.stderr.write(f"No FHIR Bundle with a Patient in {folder}\n")
        return 2
    planted = sum((_planted(patient) for patient in patients), Counter[str]())
    own = sum((_own(patient) for patient in patients), Counter[str]())
    sys.stdout.write(
        f"{len(patients)} patients, each with {len(ROWS)} pairs of an allergy and an order\n"
        f"conflicts seen       {planted['seen']} of {planted['seen'] + planted['missed']}"
        f" (at the expected urgency: {planted['seen'] - planted['other urgency']})\n"
        f"false alerts         {planted['false']} of {planted['false'] + planted['silent']}"
        " pairs without a conflict\n"
        f"own prescriptions    {own['alerts']} alerts for {own['orders']} orders\n"
    )
    return 0


def _planted(patient: Patient) -> Counter[str]:
    found: Counter[str] = Counter()
    for row in ROWS:
        before = patient.urgencies(row.draft, given=row.given)
        entry = row.resource | {"id": "planted"}
        after = patient.urgencies(row.draft, entry, given=row.given)
        found.update(_verdict(row, before, after))
    return found


def _verdict(row: Row, before: list[str], after: list[str]) -> list[str]:
    if row.expected not in ALERTS:
        return ["silent" if after == before else "false"]
    if not after:
        return ["missed"]
    # the patient's own allergies may conflict as well, and more urgently
    right = after[0] == min([row.expected, *before], key=ALERTS.index)
    return ["seen"] if right else ["seen", "other urgency"]


def _own(patient: Patient) -> Counter[str]:
    alerts = [patient.urgencies(order) for order in patient.orders]
    return Counter(alerts=sum(map(bool, alerts)), orders=len(alerts))


def _patients(folder: Path) -> Iterator[Patient]:
    for path in sorted(folder.rglob("*.json")):
        try:
            bundle = msgspec.json.decode(path.read_bytes())
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        entries = bundle.get("entry") if isinstance(bundle, dict) else None
        held = [each.get("resource") or {} for each in entries or () if isinstance(each, dict)]
        of = {
            kind: [each for each in held if each.get("resourceType") == kind]
            for kind in ("Patient", "AllergyIntolerance", "MedicationRequest")
        }
        if of["Patient"] and of["Patient"][0].get("id"):
            one = of["Patient"][0]["id"]
            yield Patient(one, of["AllergyIntolerance"], of["MedicationRequest"])


def _searchset(resources: list[Json]) -> bytes:
    entries = [{"resource": each, "search": {"mode": "match"}} for each in resources]
    return msgspec.json.encode({"resourceType": "Bundle", "type": "searchset", "entry": entries})


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("rules/_charts")))
