"""Every case of every rule, in every variant, posted at the real app."""

from pathlib import Path

import pytest

from rules import _charts as charts
from tests.cases import RULES, Case, cases, shown
from tests.ehr import EHR, Json

CASES = list(cases())
all_cases = pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)


def service(case: Case) -> str:
    """The service that answers the case's hook."""
    return "chart-review" if case.hook == "patient-view" else "order-safety"


async def expect(ehr: EHR, case: Case, request: Json) -> None:
    """Send the request; the cards must be the expected ones, as far as those go."""
    answer = await ehr.call(service(case), request)
    assert answer.status_code == 200, answer.text
    found = shown(answer.json(), case.id.partition("/")[0])
    picked = [
        {key: card[key] for key in wanted} for card, wanted in zip(found, case.cards, strict=False)
    ]
    assert (len(found), picked) == (len(case.cards), case.cards), case.why


@all_cases
async def test_prefetched(ehr: EHR, case: Case) -> None:
    """With everything prefetched and nothing to read from, the case holds."""
    await expect(ehr, case, case.prefetched())


@all_cases
async def test_fetched(ehr: EHR, case: Case) -> None:
    """With nothing prefetched, the data is read with the token, and the case holds."""
    ehr.fhir.load(charts.load(case.chart))
    await expect(ehr, case, case.request())


@all_cases
@pytest.mark.parametrize("fhir_server", [1], indirect=True, ids=["one-a-page"])
async def test_paged(ehr: EHR, case: Case) -> None:
    """With one entry a page, the pages are followed, and the case holds."""
    ehr.fhir.load(charts.load(case.chart))
    await expect(ehr, case, case.request())


@pytest.mark.parametrize("case", [c for c in CASES if c.has_drugs], ids=lambda case: case.id)
async def test_referenced(ehr: EHR, case: Case) -> None:
    """With the drug as a reference to a sibling Medication, the case holds."""
    ehr.fhir.load(charts.load(case.chart))
    await expect(ehr, case, case.referenced())


@all_cases
async def test_required_data_failed(ehr: EHR, case: Case) -> None:
    """When required data cannot be read, the answer is never an empty list of cards."""
    answer = await ehr.call(service(case), case.request(fhirAuthorization=None))
    assert answer.status_code == 412 or any(
        "Not checked" in card["summary"] for card in answer.json()["cards"]
    )


def test_every_rule_speaks_and_keeps_silent() -> None:
    """Each rule has at least one case that gives a card and one that gives none."""
    speaks = {case.id.partition("/")[0] for case in CASES if case.cards}
    silent = {case.id.partition("/")[0] for case in CASES if not case.cards}
    assert speaks == silent == {path.name for path in _rule_folders()}


def test_every_case_says_why() -> None:
    """Each case carries one sentence, and no two cases carry the same one for a rule."""
    whys = [(case.id.partition("/")[0], case.why) for case in CASES]
    assert all(why.endswith(".") for _, why in whys)
    assert len(set(whys)) == len(whys)


def test_every_chart_is_used() -> None:
    """No chart lies about that no case opens."""
    assert {case.chart for case in CASES} == set(charts.names())


def _rule_folders() -> list[Path]:
    return [p.parent for p in RULES.glob("[a-z]*/__init__.py")]
