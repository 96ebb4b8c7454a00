"""What is offered in place of an order, and what this patient is not offered."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import pytest

from hooks.order_sign import OrderSign
from prefetch import needs
from prefetch.allergy import Allergy
from prefetch.chart import Chart
from prefetch.data import Data
from prefetch.needs import Need
from prefetch.states import Reason
from prefetch.systems import ICD10CM, RXNORM
from rules import allergy_conflicts, charted, replacements
from rules._knowledge import Knowledge
from tests.ehr import PATIENT, Json, allergy, bundle, draft
from tests.strategies import as_json

KNOW = Knowledge.shipped()
TODAY = date(2026, 11, 21)
THROAT, SINUSITIS, LYME = "J02.0", "J01.90", "A69.20"
ADULT: Json = {"birthDate": "1980-02-03", "gender": "female"}


def order_for(reason: str = THROAT, **changes: Any) -> Json:
    """A draft of amoxicillin for a reason; "" for none."""
    coded = [{"coding": [{"system": ICD10CM, "code": reason}]}] if reason else None
    return draft(reasonCode=coded, **changes)


def chart_of(
    *drafts: Json,
    who: Json | None = ADULT,
    taken: Iterable[Json] = (),
    unread: Iterable[Need] = (),
    failed: Iterable[Need] = (),
) -> Chart:
    """A chart of these drafts, patient and medications; what failed could not be read."""
    entries = {"resourceType": "Bundle", "entry": [{"resource": each} for each in drafts]}
    context = OrderSign(patient_id=PATIENT, user_id="Practitioner/1", draft_orders=entries)
    person = {"resourceType": "Patient", "id": PATIENT, **(who or {})}
    sent = {needs.patient: person, needs.medications: bundle(*taken)}
    data = {
        need.key: Data(need, PATIENT, [], reason=Reason.FORBIDDEN)
        if need in failed
        else Data(need, PATIENT, [as_json(resource)])
        for need, resource in sent.items()
        if need not in unread
    }
    return Chart(context, data, today=TODAY, unread=unread)


def offered(chart: Chart, *others: Json, **entry: Any) -> list[str]:
    """What is offered in place of the chart's first draft, as its reader sees it."""
    order = chart.selected[0]
    listed = charted(map(Allergy, (allergy(**entry), *others)), KNOW)
    conflicts = allergy_conflicts(order, listed, KNOW)
    found = replacements(order, conflicts, chart, KNOW)
    return [f"{each.alternative.name}{each.alternative.told}" for each in found]


def names(chart: Chart, *others: Json, **entry: Any) -> list[str]:
    """The same without caveats."""
    return [told.partition(" (")[0] for told in offered(chart, *others, **entry)]


ALL = ["cephalexin", "cefadroxil", "clindamycin", "azithromycin"]


def test_all_of_the_source_is_offered_in_its_order() -> None:
    """Whoever takes none of them gets all that is cited."""
    assert names(chart_of(order_for())) == ALL


def test_what_a_severe_reaction_rules_out_is_not_offered() -> None:
    """After one severe entry among any, cephalosporins are left out, and the rest stays."""
    chart = chart_of(order_for())
    assert names(chart, criticality="high") == ALL[2:]
    assert names(chart, allergy(id="a2", criticality="high")) == ALL[2:]


@pytest.mark.parametrize("where", ["taken", "drafted"])
def test_what_the_patient_has_already_is_not_offered(where: str) -> None:
    """A drug on the list, or on the pad beside the order, is no replacement."""
    code = {"coding": [{"system": RXNORM, "code": "2231"}]}
    other = draft(id="m1", medicationCodeableConcept=code, status="active")
    chart = (
        chart_of(order_for(), taken=[other])
        if where == "taken"
        else chart_of(order_for(), other | {"status": "draft"})
    )
    assert names(chart) == ALL[1:]


def test_without_the_medication_list_nothing_is_offered() -> None:
    """A duplicate could not be ruled out, and the card stays without replacements."""
    assert names(chart_of(order_for(), failed=[needs.medications])) == []


@pytest.mark.parametrize("reason", ["", "Z00.0"], ids=["none", "not known"])
def test_where_nothing_is_cited_nothing_is_read(reason: str) -> None:
    """Without a reason that has alternatives, the medication list is not even asked for."""
    assert names(chart_of(order_for(reason), unread=[needs.medications])) == []
    assert names(chart_of(order_for(reason), failed=[needs.medications])) == []


@pytest.mark.parametrize(
    ("born", "expected"),
    [
        ("2008-11-21", ["doxycycline", "levofloxacin"]),
        ("2008-11-22", []),
        ("2008", []),
        (None, []),
    ],
    ids=["18 today", "18 tomorrow", "18 perhaps", "not known"],
)
def test_whoever_may_be_too_young_is_not_offered_it(born: str | None, expected: list[str]) -> None:
    """A limit of 18 years is kept: only certainty of the age lets a drug through."""
    who = ADULT | {"birthDate": born}
    assert names(chart_of(order_for(SINUSITIS), who=who)) == expected


def test_without_the_patients_record_no_limit_of_age_is_met() -> None:
    """Nobody's age is guessed; what has no such limit is offered all the same."""
    assert names(chart_of(order_for(SINUSITIS), failed=[needs.patient])) == []
    without = [name for name in ALL if name != "azithromycin"]  # from two years of age
    assert names(chart_of(order_for(), failed=[needs.patient])) == without


@pytest.mark.parametrize(
    ("gender", "told"),
    [
        ("male", "erythema migrans only"),
        ("female", "not in pregnancy; erythema migrans only"),
        ("other", "not in pregnancy; erythema migrans only"),
        (None, "not in pregnancy; erythema migrans only"),
    ],
)
def test_pregnancy_is_told_unless_the_patient_is_male(gender: str | None, told: str) -> None:
    """The caveat of doxycycline has all that its reader has to weigh, and no more."""
    found = offered(chart_of(order_for(LYME), who=ADULT | {"gender": gender}))
    assert found[0] == f"doxycycline ({told})"
    assert found[1] == "cefuroxime (erythema migrans only)"


def test_pregnancy_is_told_where_the_patient_is_not_known() -> None:
    """A record that could not be read clears nobody."""
    found = offered(chart_of(order_for(LYME), failed=[needs.patient]))
    assert found[0] == "doxycycline (not in pregnancy; erythema migrans only)"
