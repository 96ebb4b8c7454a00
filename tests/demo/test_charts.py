"""The demo's charts: valid R4, codes from our tables, and what each is there to show."""

from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from prefetch.coding import concept
from prefetch.systems import LOINC, RXNORM, SNOMED
from rules._knowledge import tables
from rules._knowledge.knowledge import Knowledge
from service.demo import charts
from tests.demo.conftest import Visit

Json = dict[str, Any]
ICD_10_CM = {"I10", "E11.9", "N18.4", "Z33.1"}

all_charts = pytest.mark.parametrize("name", charts.names())


def resources(name: str) -> list[Json]:
    """A chart's resources."""
    return [entry["resource"] for entry in charts.load(name)["entry"]]


@all_charts
def test_charts_are_valid(name: str) -> None:
    """Every resource is R4, of this patient, under an id of its own; the purpose is said."""
    found = resources(name)
    for resource in found:
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)
        who = resource.get("subject", resource.get("patient", {"reference": f"Patient/{name}"}))
        assert who == {"reference": f"Patient/{name}"}
    assert len({(r["resourceType"], r["id"]) for r in found}) == len(found)
    assert charts.PURPOSES[name]


@all_charts
def test_codes_are_from_our_tables(name: str) -> None:
    """Drugs and allergens are in the knowledge under these codes; problems are of four codes."""
    known = {
        (r[0], r[1])
        for t in ("allergens", "allergens_seen")
        for r in tables.rows(tables.SHIPPED, t)
    }
    know = Knowledge.shipped()
    for resource in resources(name):
        for key in ("code", "medicationCodeableConcept"):
            for coding in concept(resource.get(key)).codings:
                if coding.system == RXNORM:
                    assert know.name(coding.code) != coding.code or know.product(coding.code)
                elif coding.system == SNOMED:
                    assert (SNOMED, coding.code) in known
                elif coding.system != LOINC and resource["resourceType"] == "Condition":
                    assert coding.code in ICD_10_CM


def test_there_are_enough_of_each_kind() -> None:
    """A dozen or more, one of them of several hundred resources, names in several scripts."""
    assert len(charts.names()) >= 12
    assert len(resources("long-chart")) > 300
    assert len(resources("names-in-several-scripts")[0]["name"]) == 4


@pytest.mark.parametrize(
    ("name", "code", "expected"),
    [
        ("penicillin-anaphylaxis", "308191", "critical"),
        ("penicillin-intolerance", "308191", "warning"),
        ("penicillin-given-since", "308191", "given since, 2024"),
        ("contradicted-no-known-allergies", "308191", "card"),
        ("text-only-allergy", "308191", "Not checked"),
        ("no-known-allergies", "308191", ""),
        ("many-codes-for-one-allergy", "308191", "card"),
        ("sulfonamide-antibiotic-allergy", "310798", ""),
        ("food-allergy-only", "308191", ""),
        ("elderly-polypharmacy", "198014", "card"),
        ("pregnant", "308191", "card"),
        ("child", "308189", "card"),
        ("names-in-several-scripts", "308191", "card"),
        ("long-chart", "308191", ""),
    ],
)
def test_each_shows_what_it_says(visit: Visit, name: str, code: str, expected: str) -> None:
    """The order that its purpose is about gives the card that it promises, or rightly none."""
    hand = visit(name)
    hand.act("switch", prefetch="none")
    hand.order(code)
    calls = hand.page.split('class="call"')
    assert "order-select</span> to order-safety" in calls[1]
    if expected:
        assert expected in hand.page[hand.page.index('id="cards"') : hand.page.index('id="glass"')]
        assert ", 0 card" not in calls[1]
    else:
        assert ", 0 cards" in calls[1]
