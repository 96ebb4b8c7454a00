"""Worked examples: a rule's cases with their charts in words, and the cards the rule answers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from hooks.cards import Card
from hooks.errors import CaseError
from prefetch.coding import as_list, as_text, concept
from rules._rule import Rule
from service.cases.case import Case, read
from service.cases.explain import explain
from service.cases.selection import awake
from service.fhir_server import FhirServer

Json = dict[str, Any]
_MOST_FACTS: Final = 8


@dataclass(frozen=True)
class Unreadable:
    """A case that cannot be worked out: the name of its file."""

    name: str


@dataclass(frozen=True)
class Example:
    """A case as a page shows it.

    Attributes:
        why: what it shows.
        known_wrong: why the answer is wrong; "" when it is right.
        hook: the hook that fires.
        day: the day, ISO.
        chart: the chart's name.
        facts: what is on the chart, in words; never the patient's name.
        orders: the drafted orders.
        cards: the answer.
    """

    why: str
    known_wrong: str
    hook: str
    day: str
    chart: str
    facts: list[str]
    orders: list[str]
    cards: list[Card]


async def examples(rule: Rule) -> list[Example | Unreadable]:
    """The rule's cases, answered by the rule alone; those that give cards come first."""
    found: list[Example] = []
    unreadable: list[Example | Unreadable] = []
    for path in sorted((rule.folder / "cases").glob("*.json")):
        try:
            found.append(await _example(read(path), rule))
        except CaseError:
            unreadable.append(Unreadable(path.name))
    return [*sorted(found, key=lambda example: not example.cards), *unreadable]


async def _example(case: Case, rule: Rule) -> Example:
    told = await explain(case, [awake(rule)])
    written = case.written
    return Example(
        why=written.why,
        known_wrong=written.known_wrong,
        hook=written.hook,
        day=written.today.isoformat(),
        chart=case.chart.name,
        facts=list(facts(case.chart.server)),
        orders=[label(draft, "medicationCodeableConcept", "code") for draft in case.drafts()],
        cards=told.cards,
    )


def facts(server: FhirServer) -> Iterator[str]:
    """What is on a chart, in words."""
    for kind, (title, told) in _KINDS.items():
        found = [told(resource) for resource in server.resources(kind)]
        yield from (f"{title}: {fact}" for fact in found[:_MOST_FACTS] if fact)
        if len(found) > _MOST_FACTS:
            yield f"{title}: and {len(found) - _MOST_FACTS} more"


def label(resource: Json, *elements: str) -> str:
    """What a resource is about, by the first of some elements that says it."""
    found = (concept(resource.get(element)).label for element in elements)
    return next(filter(None, found), str(resource.get("resourceType")))


def _patient(patient: Json) -> str:
    parts = [as_text(patient.get("gender"))]
    if born := as_text(patient.get("birthDate")):
        parts.append(f"born {born}")
    return ", ".join(filter(None, parts))


def _allergy(allergy: Json) -> str:
    reactions = [r for r in as_list(allergy.get("reaction")) if isinstance(r, dict)]
    shown = [concept(m).label for r in reactions for m in as_list(r.get("manifestation"))]
    status = [concept(allergy.get(f"{kind}Status")).label for kind in ("clinical", "verification")]
    critical = as_text(allergy.get("criticality"))
    return _joined(
        label(allergy, "code"), *status, f"criticality {critical}" if critical else "", *shown
    )


def _medication(order: Json) -> str:
    return _joined(label(order, "medicationCodeableConcept"), as_text(order.get("status")))


def _condition(condition: Json) -> str:
    return _joined(label(condition, "code"), concept(condition.get("clinicalStatus")).label)


def _observation(observation: Json) -> str:
    quantity = observation.get("valueQuantity")
    amount = quantity if isinstance(quantity, dict) else {}
    shown = f"{amount.get('value', '')} {amount.get('unit') or amount.get('code') or ''}".strip()
    day = as_text(observation.get("effectiveDateTime"))[:10]
    return _joined(label(observation, "code"), shown, day)


def _joined(*parts: str) -> str:
    return ", ".join(filter(None, parts))


_KINDS: Final[dict[str, tuple[str, Callable[[Json], str]]]] = {
    "Patient": ("Patient", _patient),
    "AllergyIntolerance": ("Allergy list", _allergy),
    "MedicationRequest": ("Medication list", _medication),
    "Condition": ("Problem list", _condition),
    "Observation": ("Result", _observation),
}
