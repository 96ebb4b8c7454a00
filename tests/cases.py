"""Rule cases: reads them, and turns each into the requests of its variants."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from rules import _charts as charts
from tests.ehr import Json, bundle, envelope, order_sign

RULES = Path(__file__).parent.parent / "rules"


class Case(NamedTuple):
    """One case of one rule.

    Attributes:
        id: `rule/name`.
        why: what it shows, in one sentence.
        chart: the name of the patient's chart.
        hook: the hook that fires.
        orders: draft orders, as far as they differ from the usual.
        selections: of order-select.
        cards: the expected cards, each as far as it matters.
    """

    id: str
    why: str
    chart: str
    hook: str
    orders: list[Json]
    selections: list[str]
    cards: list[Json]

    @property
    def resources(self) -> list[Json]:
        """The chart's resources."""
        return [entry["resource"] for entry in charts.load(self.chart)["entry"]]

    def of(self, kind: str) -> list[Json]:
        """The chart's resources of one type."""
        return [r for r in self.resources if r["resourceType"] == kind]

    def drafts(self) -> list[Json]:
        """The draft orders, complete."""
        usual = {
            "resourceType": "MedicationRequest",
            "id": "draft-1",
            "status": "draft",
            "intent": "order",
            "subject": {"reference": f"Patient/{self.chart}"},
        }
        return [usual | order for order in self.orders]

    def request(self, drafts: list[Json] | None = None, **changes: Any) -> Json:
        """The hook request, with the FHIR server and token to read the chart."""
        context: Json = {"userId": "Practitioner/1", "patientId": self.chart}
        if self.hook == "patient-view":
            return envelope(self.hook, context=context, **changes)
        if self.hook == "order-select":
            context["selections"] = self.selections
        shown = self.drafts() if drafts is None else drafts
        return order_sign(*shown, hook=self.hook, context=context, **changes)

    def prefetched(self) -> Json:
        """The request with all data prefetched, and no way to read more."""
        prefetch = {
            "allergies": bundle(*self.of("AllergyIntolerance")),
            "medications": bundle(*self.of("MedicationRequest")),
        }
        return self.request(prefetch=prefetch, fhirServer=None, fhirAuthorization=None)

    @property
    def has_drugs(self) -> bool:
        """Whether every draft names a drug."""
        return bool(self.orders) and all("medicationCodeableConcept" in o for o in self.orders)

    def referenced(self) -> Json:
        """The request with each drug as a reference to a Medication among the entries."""
        drafts: list[Json] = []
        for number, order in enumerate(self.drafts()):
            drug = order.pop("medicationCodeableConcept")
            reference = {"reference": f"Medication/m{number}"}
            drafts.append(order | {"medicationReference": reference})
            drafts.append({"resourceType": "Medication", "id": f"m{number}", "code": drug})
        return self.request(drafts)


def cases() -> Iterator[Case]:
    """Every case of every rule."""
    for path in sorted(RULES.glob("*/cases/*.json")):
        case = msgspec.json.decode(path.read_bytes())
        yield Case(
            id=f"{path.parent.parent.name}/{path.stem}",
            why=case["why"],
            chart=case["chart"],
            hook=case["hook"],
            orders=case.get("orders", []),
            selections=case.get("selections", []),
            cards=case["cards"],
        )


def shown(answer: Json, source_of: str) -> list[Json]:
    """A response's cards in the terms of a case: the rule's own, and what was not checked."""
    topics = (source_of.replace("_", ""), "notchecked")
    return [
        {
            "indicator": card["indicator"],
            "summary": card["summary"],
            "suggestions": [s["label"] for s in card.get("suggestions", [])],
        }
        for card in answer["cards"]
        if card["source"]["topic"]["code"] in topics
    ]
