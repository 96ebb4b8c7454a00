"""What one card of drug-allergy tells of an order with several allergies, or of several orders."""

from datetime import date

import pytest

from hooks.order_sign import OrderSign
from prefetch import needs
from prefetch.chart import Chart
from prefetch.data import Data
from rules import Finding, NotChecked
from rules._knowledge import Knowledge
from rules.drug_allergy import drug_allergy
from tests.ehr import PATIENT, Json, allergy, bundle, draft
from tests.strategies import as_json

KNOW = Knowledge.shipped()
NEEDS = (*drug_allergy.needs, *drug_allergy.helped_by)
UNKNOWN: Json = {"text": "House mixture no. 7"}


def told(entries: list[Json], *drafts: Json) -> list[Finding | NotChecked]:
    """What the rule says of some orders, for a list of these entries and nothing else."""
    pad = {"resourceType": "Bundle", "entry": [{"resource": each} for each in drafts]}
    context = OrderSign(patient_id=PATIENT, user_id="Practitioner/1", draft_orders=pad)
    person: Json = {"resourceType": "Patient", "id": PATIENT}
    sent = {need.key: bundle() for need in NEEDS}
    sent |= {needs.allergies.key: bundle(*entries), needs.patient.key: person}
    data = {need.key: Data(need, PATIENT, [as_json(sent[need.key])]) for need in NEEDS}
    return list(drug_allergy.check(Chart(context, data, today=date(2026, 11, 21)), KNOW))


@pytest.mark.parametrize("turned", [False, True])
def test_the_most_urgent_allergy_leads_the_card(turned: bool) -> None:
    """However the list is sorted, urgency and summary are of the worst, and each is evidence."""
    entries = [
        allergy({"text": "Cephalexin"}, id="a1", type="intolerance"),
        allergy({"text": "Penicillins"}, id="a2"),
    ]
    (card,) = told(entries[::-1] if turned else entries, draft())
    assert isinstance(card, Finding)
    assert card.indicator == "critical"
    assert card.summary == "Amoxicillin is a penicillin; chart records allergy to penicillin"
    charted = [line for line in card.detail.splitlines() if line.startswith("- Chart: ")]
    assert [line.split("**")[1] for line in charted] == ["Penicillins", "Cephalexin"]


def test_where_no_drug_is_chosen_yet_nothing_is_told() -> None:
    """An order without a drug is no reason to speak, not even of entries that nobody knows."""
    blank = draft(medicationCodeableConcept=None)
    assert told([allergy({"text": "Sprain"})], blank) == []
    assert told([allergy({"text": "Sprain"})]) == []


def test_a_list_that_contradicts_itself_is_told_on_the_card() -> None:
    """The last line says so where the list denies what it names, and is not there otherwise."""
    (card,) = told([allergy(), allergy({"text": "NKDA"}, id="a2")], draft())
    (plain,) = told([allergy()], draft())
    assert isinstance(card, Finding)
    assert isinstance(plain, Finding)
    note = '- Note: the allergy list also says "NKDA"; one of the entries needs correcting'
    assert card.detail == f"{plain.detail}\n\n{note}"


def test_each_order_has_a_card_of_its_own() -> None:
    """Two orders that conflict give two cards, each about its order; a blank one gives none."""
    other = draft(("308212", "ampicillin 500 MG Oral Capsule"), id="draft-2")
    blank = draft(id="draft-3", medicationCodeableConcept=None)
    found = told([allergy()], draft(), blank, other)
    about = [[each.reference for each in f.about] for f in found if isinstance(f, Finding)]
    assert about == [["MedicationRequest/draft-1"], ["MedicationRequest/draft-2"]]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"text": "Sprain"}, ["allergy to Sprain", "House mixture no. 7"]),
        ({"text": "Amoxicillin"}, ["House mixture no. 7"]),
        ({"text": "NKDA"}, []),
        ({"text": "Peanut"}, []),
    ],
    ids=["unknown", "drug", "none known", "food"],
)
def test_a_drug_that_nobody_knows_matters_where_an_allergy_may(
    entry: Json, expected: list[str]
) -> None:
    """It is told as unchecked unless no entry of the list can be about a drug."""
    found = told([allergy(entry)], draft(medicationCodeableConcept=UNKNOWN))
    assert [each.what for each in found if isinstance(each, NotChecked)] == expected
    assert len(found) == len(expected)
