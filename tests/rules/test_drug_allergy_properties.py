"""What never changes the cards of drug-allergy, whatever the allergy and the order."""

from collections.abc import Iterable, Iterator
from itertools import chain
from random import Random
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from hooks.order_sign import OrderSign
from prefetch import needs
from prefetch.chart import Chart
from prefetch.data import Data
from prefetch.needs import Need
from prefetch.systems import RXNORM, UNII
from rules import Finding
from rules._knowledge import Knowledge, tables
from rules._load import HOUSE
from rules.drug_allergy import drug_allergy
from service.cases.table import PATIENT, Row, rows
from tests.conftest import NOW
from tests.ehr import Json, bundle
from tests.ehr import allergy as entry_of
from tests.ehr import draft as order_of
from tests.strategies import as_json, quick

KNOW: Final = Knowledge.shipped()
ROWS: Final = rows(HOUSE / "drug_allergy" / "cases" / "table.tsv")
SUBJECT: Final = {"reference": f"Patient/{PATIENT}"}
any_row = st.sampled_from(ROWS)


def known(need: Need, resources: Iterable[Json]) -> Data:
    """The answer to a query that found these."""
    return Data(need, PATIENT, [as_json(bundle(*resources))])


def allergy(code: Json) -> Json:
    """An entry of the table's patient."""
    return entry_of(code, patient=SUBJECT)


def cards(
    allergies: Iterable[Json], order: Json, given: Iterable[Json] = ()
) -> list[tuple[str, str]]:
    """Urgency and summary of what the rule says of an order."""
    drafts = {"resourceType": "Bundle", "entry": [{"resource": order}]}
    context = OrderSign(patient_id=PATIENT, user_id="Practitioner/1", draft_orders=drafts)
    entries = [entry | {"id": f"a{number}"} for number, entry in enumerate(allergies)]
    data = {
        "allergies": known(needs.allergies, entries),
        "medications": known(needs.medications, ()),
        "past_medications": known(needs.past_medications, of_kind("MedicationRequest", given)),
        "administrations": known(needs.administrations, of_kind("MedicationAdministration", given)),
    }
    found = drug_allergy.check(Chart(context, data, today=NOW.date()), KNOW)
    return [(each.indicator, each.summary) for each in found if isinstance(each, Finding)]


def of_kind(kind: str, resources: Iterable[Json]) -> list[Json]:
    """Those of one type."""
    return [each for each in resources if each["resourceType"] == kind]


def urgencies(allergies: Iterable[Json], order: Json, given: Iterable[Json] = ()) -> list[str]:
    """Urgency alone."""
    return [urgency for urgency, _ in cards(allergies, order, given)]


def irrelevant() -> list[Row]:
    """Rows about food or pollen that is in no product of the table's orders."""
    found = [row for row in ROWS if "category=" in row.entry and row.expected == "silent"]
    orders = {row.order: row.draft for row in ROWS}.values()
    return [row for row in found if not any(urgencies([row.resource], each) for each in orders)]


IRRELEVANT: Final = irrelevant()


def test_there_is_enough_that_is_irrelevant() -> None:
    """A dozen entries of many kinds to put beside the one that matters."""
    assert len(IRRELEVANT) >= 12


@quick
@given(any_row, st.lists(st.sampled_from(IRRELEVANT), max_size=4), st.randoms())
def test_irrelevant_entries_change_nothing(row: Row, others: list[Row], random: Random) -> None:
    """Entries about food or pollen, before or after, leave the cards as they are."""
    entries = [row.resource, *(other.resource for other in others)]
    random.shuffle(entries)
    assert cards(entries, row.draft, row.given) == cards([row.resource], row.draft, row.given)


@quick
@given(any_row, st.randoms())
def test_the_order_of_codes_changes_nothing(row: Row, random: Random) -> None:
    """Codings in any order, and twice over, give the same urgency."""
    entry = row.resource
    codings = [*entry["code"].get("coding", ()), *entry["code"].get("coding", ())]
    random.shuffle(codings)
    shuffled = entry | {"code": entry["code"] | {"coding": codings}}
    assert urgencies([shuffled], row.draft, row.given) == urgencies([entry], row.draft, row.given)


@quick
@given(any_row, any_row)
def test_a_second_entry_never_lowers_an_alert(row: Row, other: Row) -> None:
    """With one more entry on the list, the card of an order is as urgent or more."""
    steps = ("info", "warning", "critical")
    alone = [steps.index(u) for u in urgencies([row.resource], row.draft)]
    both = [steps.index(u) for u in urgencies([row.resource, other.resource], row.draft)]
    assert len(both) >= len(alone)
    assert all(after >= before for after, before in zip(both, alone, strict=False))


@quick
@given(any_row, any_row)
def test_what_was_given_since_never_raises_an_alert(row: Row, other: Row) -> None:
    """Whatever was given later, the card of an order is as urgent or less, and never gone."""
    steps = ("info", "warning", "critical")
    entry = row.resource | {"recordedDate": "2012-05-01"}
    dose = other.draft | {
        "resourceType": "MedicationAdministration",
        "status": "completed",
        "effectiveDateTime": "2020-01-01",
    }
    plain = [steps.index(u) for u in urgencies([entry], row.draft)]
    since = [steps.index(u) for u in urgencies([entry], row.draft, [dose])]
    assert len(since) == len(plain)
    assert all(after <= before for after, before in zip(since, plain, strict=True))


def ways() -> Iterator[tuple[str, list[Json]]]:
    """Ingredients, each with every code and name the knowledge has for it as an allergy."""
    snomed: dict[str, list[Json]] = {}
    for system, code, display, kind, targets, *_ in tables.rows(tables.SHIPPED, "allergens"):
        if kind == "drug" and targets.startswith("rxcui:") and "|" not in targets:
            coding = {"system": system, "code": code, "display": display}
            snomed.setdefault(targets.removeprefix("rxcui:"), []).append({"coding": [coding]})
    for code, tty, name, base, unii, _, sure, _ in tables.rows(tables.SHIPPED, "ingredients"):
        if tty == "IN" and base == code and sure != "l" and code in snomed:
            coded: list[Json] = [{"coding": [{"system": RXNORM, "code": code}]}, {"text": name}]
            if unii:
                coded.append({"coding": [{"system": UNII, "code": unii}]})
            yield code, [*coded, *snomed[code]]


WAYS: Final = list(ways())


@given(st.sampled_from(WAYS), any_row)
def test_any_coding_of_a_substance_gives_the_same_answer(
    substance: tuple[str, list[Json]], row: Row
) -> None:
    """RxNorm, UNII, SNOMED CT or the plain name: the same urgency for every order."""
    code, concepts = substance
    coded = {"coding": [{"system": RXNORM, "code": code}]}
    same = order_of(medicationCodeableConcept=coded, subject=SUBJECT)
    for order in (row.draft, same):
        answers = {tuple(urgencies([allergy(each)], order)) for each in concepts}
        assert len(answers) == 1, (code, concepts)


def test_there_are_many_ways() -> None:
    """The property above is about dozens of substances, each in several codings."""
    assert len(WAYS) >= 50
    assert len(list(chain.from_iterable(found for _, found in WAYS))) >= 3 * len(WAYS)
