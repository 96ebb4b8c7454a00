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
from rules.drug_allergy import drug_allergy
from tests.conftest import NOW
from tests.ehr import PATIENT, Json, allergy, bundle, draft
from tests.rules.allergy_table import Row, rows
from tests.strategies import as_json, quick

KNOW: Final = Knowledge.shipped()
ROWS: Final = rows()
# Rows about something else than the entry under test: they are silent for every order of the table.
IRRELEVANT: Final = [row for row in ROWS if "category=" in row.entry and row.expected == "silent"]
any_row = st.sampled_from(ROWS)


def known(need: Need, resources: Iterable[Json]) -> Data:
    """The answer to a query that found these."""
    return Data(need, PATIENT, [as_json(bundle(*resources))])


def cards(allergies: Iterable[Json], order: Json) -> list[tuple[str, str]]:
    """Urgency and summary of what the rule says of an order."""
    drafts = {"resourceType": "Bundle", "entry": [{"resource": order}]}
    context = OrderSign(patient_id=PATIENT, user_id="Practitioner/1", draft_orders=drafts)
    entries = [entry | {"id": f"a{number}"} for number, entry in enumerate(allergies)]
    data = {
        "allergies": known(needs.allergies, entries),
        "medications": known(needs.medications, ()),
    }
    found = drug_allergy.check(Chart(context, data, today=NOW.date()), KNOW)
    return [(each.indicator, each.summary) for each in found if isinstance(each, Finding)]


def urgencies(allergies: Iterable[Json], order: Json) -> list[str]:
    """Urgency alone."""
    return [urgency for urgency, _ in cards(allergies, order)]


@quick
@given(any_row, st.lists(st.sampled_from(IRRELEVANT), max_size=4), st.randoms())
def test_irrelevant_entries_change_nothing(row: Row, others: list[Row], random: Random) -> None:
    """Entries about food or pollen, before or after, leave the cards as they are."""
    entries = [row.resource, *(other.resource for other in others)]
    random.shuffle(entries)
    assert cards(entries, row.draft) == cards([row.resource], row.draft)


@quick
@given(any_row, st.randoms())
def test_the_order_of_codes_changes_nothing(row: Row, random: Random) -> None:
    """Codings in any order, and twice over, give the same urgency."""
    entry = row.resource
    codings = [*entry["code"].get("coding", ()), *entry["code"].get("coding", ())]
    random.shuffle(codings)
    shuffled = entry | {"code": entry["code"] | {"coding": codings}}
    assert urgencies([shuffled], row.draft) == urgencies([entry], row.draft)


@quick
@given(any_row, any_row)
def test_a_second_entry_never_lowers_an_alert(row: Row, other: Row) -> None:
    """With one more entry on the list, the card of an order is as urgent or more."""
    steps = ("info", "warning", "critical")
    alone = [steps.index(u) for u in urgencies([row.resource], row.draft)]
    both = [steps.index(u) for u in urgencies([row.resource, other.resource], row.draft)]
    assert len(both) >= len(alone)
    assert all(after >= before for after, before in zip(both, alone, strict=False))


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
    same = draft(medicationCodeableConcept={"coding": [{"system": RXNORM, "code": code}]})
    for order in (row.draft, same):
        answers = {tuple(urgencies([allergy(each)], order)) for each in concepts}
        assert len(answers) == 1, (code, concepts)


def test_there_are_many_ways() -> None:
    """The property above is about dozens of substances, each in several codings."""
    assert len(WAYS) >= 50
    assert len(list(chain.from_iterable(found for _, found in WAYS))) >= 3 * len(WAYS)
