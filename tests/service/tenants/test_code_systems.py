"""A tenant's names for code systems: every case holds under them, whichever way the data comes."""

from pathlib import Path
from typing import Any

import pytest

from prefetch.systems import OIDS, canonical, renamed
from service.cases.case import Case, cases_of
from service.cases.ehr import context_of
from service.cases.variants import variants
from tests.ehr import RULES, Json, bundle, envelope
from tests.ehr_double import EhrDouble
from tests.ehr_site import tenant

LOCAL = {url: f"https://site.test/codes/{place}" for place, url in enumerate(OIDS)}
CANONICAL = {name: url for url, name in LOCAL.items()}
TABLE = "\n".join(
    ["[tenants.mercy.code_systems]", *(f'"{name}" = "{url}"' for name, url in CANONICAL.items())]
)
CASES = [
    case
    for rule in RULES
    for case in cases_of(rule.folder)
    if any(url in str(case.chart.bundle) for url in (*OIDS, *OIDS.values()))
]


def locally(value: Any) -> Any:
    """The value with code systems called as the site calls them."""
    return renamed(value, lambda system: LOCAL.get(canonical(system), system))


def ours(value: Any) -> Any:
    """The value with code systems called by their own names."""
    return renamed(value, lambda system: canonical(CANONICAL.get(system, system)))


def resources(case: Case) -> list[Json]:
    """The chart's resources."""
    return [entry["resource"] for entry in case.chart.bundle["entry"]]


def requests(case: Case) -> list[Json]:
    """The calls for a case: all prefetched, all read, and with the drugs as resources of theirs."""
    kinds = {"allergies": "AllergyIntolerance", "medications": "MedicationRequest"}
    prefetch = {
        key: bundle(*(each for each in resources(case) if each["resourceType"] == kind))
        for key, kind in kinds.items()
    }
    hook, context = case.written.hook, context_of(case, case.drafts())
    given = {"prefetch": prefetch, "fhirServer": None, "fhirAuthorization": None}
    apart = [v for rule in RULES for v in variants(case, rule) if v.name == "referenced"][:1]
    return [
        envelope(hook, context=context, **given),
        envelope(hook, context=context),
        *(envelope(hook, context=context_of(case, v.drafts(case))) for v in apart),
    ]


async def answers(case: Case, folder: Path, tables: str, *, local: bool) -> list[Json]:
    """The cards for a case: all prefetched, all read, and with the drugs as resources of theirs."""
    rename = locally if local else (lambda value: value)
    double = EhrDouble()
    double.load(*map(rename, resources(case)))
    service = "chart-review" if case.written.hook == "patient-view" else "order-safety"
    async with tenant(double, folder, "", tables=tables) as site:
        sent = [await site.call(service, rename(request)) for request in requests(case)]
    assert {answer.status_code for answer in sent} == {200}
    return [ours(answer.json()) for answer in sent]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
async def test_an_alias_gives_the_same_cards(tmp_path: Path, case: Case) -> None:
    """Under local names for every system, each card is the same to the letter."""
    plain = await answers(case, tmp_path, "", local=False)
    assert await answers(case, tmp_path, TABLE, local=True) == plain


async def test_without_the_aliases_it_would_not_be(tmp_path: Path) -> None:
    """The local names mean nothing to a tenant that does not have them: the test above can fail."""
    case = next(case for case in CASES if case.id == "drug_allergy/fires_with_alternative")
    plain = await answers(case, tmp_path, "", local=False)
    assert await answers(case, tmp_path, "", local=True) != plain
