"""The habits of athenahealth, MEDITECH, eClinicalWorks, NextGen and Veradigm, as reported of them.

Each test is one, over a real socket, at the real app; the numbers are those of the list of vendor
behaviours the service has to live with. Other vendors have files of their own.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.app import create_app
from service.fhir_server import FhirServer
from service.settings import Settings
from tests.asgi import running
from tests.conftest import NOW
from tests.ehr import (
    AMOXICILLIN,
    EHR,
    PATIENT,
    RULES,
    SNOMED,
    TOKEN,
    Json,
    allergy,
    bundle,
    draft,
    medication,
    order_sign,
)
from tests.ehr_double import Asked, EhrDouble, Knobs, Paging, outcome
from tests.ehr_site import NO_SERVER, Site, indicators, refused, seen, site, taken, tenant

REFERRING: Json = {"medicationCodeableConcept": None}


def paged(paging: Paging, **knobs: Any) -> EhrDouble:
    """A server with pages of one, and an allergy on the second."""
    fhir = FhirServer(frozenset({TOKEN}), page_size=1, base_url=None)
    double = EhrDouble(fhir, Knobs(paging=paging, **knobs))
    double.load(allergy({"text": "Peanut"}, id="a1", category=["food"]), allergy(id="a2"))
    return double


def has(parameter: str) -> Any:
    """Whether a request has a parameter."""

    def found(asked: Asked) -> bool:
        return parameter in asked.parameters

    return found


PRACTICE = Knobs(
    status=400, body=b'{"details":"ah-practice is required"}', unless=has("ah-practice")
)


async def test_ath_03_an_error_that_is_no_fhir(clinic: Site) -> None:
    """ATH-03: a 400 of the vendor's own JSON is a refused query, and told as one."""
    clinic.double.usual = PRACTICE
    assert refused(await clinic.sign(draft())) == {("prefetch.allergies", "rejected")}


AT_ATHENA = 'preset = "athenahealth"'
ITS_PRACTICE = 'query = { ah-practice = "Organization/a-1.Practice-195900" }'


async def test_ath_03_the_practice_is_sent(tmp_path: Path) -> None:
    """ATH-03: the practice that the server demands goes with searches, next pages and reads."""
    double = paged(Paging("cursor"), ignored=("ah-practice",))
    double.load({"resourceType": "Medication", "id": "x", "code": medication(*AMOXICILLIN)})
    double.usual = replace(PRACTICE, ignored=("ah-practice",), paging=Paging("cursor"))
    order = draft(medicationReference={"reference": "Medication/x"}, **REFERRING)
    async with tenant(double, tmp_path, AT_ATHENA, ITS_PRACTICE) as clinic:
        assert indicators(await clinic.sign(order)) == ["critical"]
    practices = [asked.parameters.get("ah-practice") for asked in double.asked]
    assert len(double.lines("AllergyIntolerance")) == 2
    assert double.lines("Medication") == [
        "Medication/x?ah-practice=Organization/a-1.Practice-195900"
    ]
    assert practices == [["Organization/a-1.Practice-195900"]] * len(practices)


async def test_ath_04_an_error_in_a_searchset(clinic: Site) -> None:
    """ATH-04: 200 with a searchset of one error and no total is a failure, not "no allergies"."""
    fault = outcome("error", diagnostics="invalid tenant")
    clinic.double.usual = Knobs(edit=lambda _: bundle(fault, total=None))
    assert refused(await clinic.sign(draft())) == {("prefetch.allergies", "outcome")}


INTENT = Knobs(status=400, unless=has("intent"))


async def test_ath_05_medications_without_intent(clinic: Site) -> None:
    """ATH-05: a medication search that is refused leaves a check undone, and that is told."""
    clinic.double.of["MedicationRequest"] = INTENT
    clinic.double.load(taken())
    (line,) = seen(await clinic.view())
    assert line.startswith("warning: Not checked: current medications against allergies")


@pytest.mark.parametrize("intent", ["order", "plan", "option"])
async def test_ath_05_the_intent_is_sent(tmp_path: Path, intent: str) -> None:
    """ATH-05: medications are searched by intent where that is demanded, and each intent counts."""
    double = EhrDouble(MedicationRequest=INTENT)
    double.load(allergy(), taken(intent=intent))
    async with tenant(double, tmp_path, AT_ATHENA) as clinic:
        assert seen(await clinic.view())[0].startswith("warning: Amoxicillin")
        assert len(double.lines("MedicationRequest")) == 1


async def test_ath_05_discovery_says_it(tmp_path: Path) -> None:
    """ATH-05: the EHR reads in discovery the query that its own server takes."""
    async with tenant(EhrDouble(), tmp_path, AT_ATHENA) as clinic:
        services = (await clinic.client.get("/cds-services")).json()["services"]
    templates = {s["hook"]: s["prefetch"]["medications"] for s in services}
    assert len(templates) == 3
    assert all("&intent=order,plan," in template for template in templates.values())


async def test_ath_06_status_is_filtered_here(blank: Site) -> None:
    """ATH-06: the server is not asked by clinical status, and resolved entries are left out."""
    resolved = {"coding": [{"code": "resolved"}]}
    blank.double.load(allergy(clinicalStatus=resolved))
    assert seen(await blank.sign(draft())) == []
    (line,) = blank.double.lines("AllergyIntolerance")
    assert "status" not in line


async def test_ath_07_words_alone(blank: Site) -> None:
    """ATH-07: an allergy in words, with its reaction in words, is matched and told."""
    reaction = [{"description": "throat swelling"}]
    entry = allergy({"text": "Penicillin"}, category=["food", "medication"], reaction=reaction)
    blank.double.load(entry)
    (line,) = seen(await blank.sign(draft()))
    assert line.startswith("critical")
    assert "throat swelling" in line


async def test_ath_10_ids_with_dots(blank: Site) -> None:
    """ATH-10: ids with dots and dashes go into URLs as they are."""
    own = "a-195900.E-8269"
    context = {"userId": "Practitioner/a-1.2", "patientId": own}
    blank.double.load(allergy(patient={"reference": f"Patient/{own}"}))
    order = draft(subject={"reference": f"Patient/{own}"})
    assert indicators(await blank.sign(order, context=context)) == ["critical"]
    assert blank.double.lines("AllergyIntolerance") == [f"AllergyIntolerance?patient={own}"]


async def test_med_02_an_unauthorized_that_is_no_fhir(clinic: Site) -> None:
    """MED-02: a 401 with the vendor's own JSON is a token that was refused."""
    clinic.double.usual = Knobs(status=401, body=b'{"errors":[{"status":401}]}')
    assert refused(await clinic.sign(draft())) == {("prefetch.allergies", "unauthorized")}


@pytest.mark.parametrize(
    ("codes", "expected"),
    [(("N0000011281", "373270004"), "critical: Amoxicillin"), (("N1", "1"), "info: Not checked")],
)
async def test_med_03_ndf_rt_and_snomed(blank: Site, codes: tuple[str, str], expected: str) -> None:
    """MED-03: an allergy by NDF-RT and SNOMED CT alone is matched, or said not to be checked."""
    systems = ("http://hl7.org/fhir/ndfrt", SNOMED)
    coding = [{"system": s, "code": c} for s, c in zip(systems, codes, strict=True)]
    blank.double.load(allergy({"coding": coding}))
    (line,) = seen(await blank.sign(draft()))
    assert line.startswith(expected)


async def test_med_04_a_default_port_in_the_link(tmp_path: Path) -> None:
    """MED-04: a next link that names port 443 is of the same server, and followed verbatim."""
    double = paged(Paging("continue", prefix="VS.", port=":443"))
    settings = Settings(
        database=tmp_path / "cardwise.sqlite", fhir_servers=frozenset({"https://ehr.test"})
    )
    app = create_app(
        settings, clock=lambda: NOW, fhir_transport=httpx.ASGITransport(double), rules=RULES
    )
    transport = httpx.ASGITransport(app)
    async with running(app), httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        ehr = EHR(client, double.fhir)
        answer = await ehr.sign(draft(), fhirServer="https://ehr.test")
    assert indicators(answer) == ["critical"]
    assert "continue=VS.2-" in double.lines("AllergyIntolerance")[1]


async def test_med_05_a_total_of_the_page(tmp_path: Path) -> None:
    """MED-05: a total that counts the page's hits does not end the reading."""
    double = paged(Paging("continue", prefix="VS."), total="page")
    async with site(double, tmp_path) as meditech:
        assert indicators(await meditech.sign(draft())) == ["critical"]


async def test_med_06_proposed_and_reported(clinic: Site) -> None:
    """MED-06: what the patient reports, sent as a proposal, is among the current drugs."""
    clinic.double.load(taken(intent="proposal", reportedBoolean=True))
    assert indicators(await clinic.view()) == ["warning"]


async def test_med_10_no_server_at_all(clinic: Site) -> None:
    """MED-10: without a FHIR server, prefetch is enough; without either, nothing is cleared."""
    given = {"allergies": bundle(allergy()), "medications": None}
    assert indicators(await clinic.sign(draft(), prefetch=given, **NO_SERVER)) == ["critical"]
    reasons = {("prefetch.allergies", "no-fhir-server")}
    assert refused(await clinic.sign(draft(), **NO_SERVER)) == reasons
    assert clinic.double.asked == []


async def test_ecw_01_the_minute_is_used_up(clinic: Site, tmp_path: Path) -> None:
    """ECW-01: a practice that answers 429 is left alone; another practice is served."""
    clinic.double.usual = Knobs(status=429)
    answers = [await clinic.sign(draft()) for _ in range(8)]
    reasons = [reason for answer in answers for _, reason in refused(answer)]
    asked = len(clinic.double.asked)
    assert reasons[0] == "rate-limited"
    assert reasons[-1] == "unavailable"
    assert refused(await clinic.sign(draft())) == {("prefetch.allergies", "unavailable")}
    assert len(clinic.double.asked) == asked
    other = EhrDouble()
    other.load(allergy())
    (tmp_path / "other").mkdir()
    async with site(other, tmp_path / "other") as practice:
        served = await clinic.client.post(
            "/cds-services/order-safety", json=order_sign(draft(), fhirServer=practice.base)
        )
    assert indicators(served) == ["critical"]


async def test_nxg_01_no_medications_to_read(clinic: Site) -> None:
    """NXG-01: where Medication cannot be read, one attempt is made, and the display is used."""
    link = {"reference": "Medication/x", "display": AMOXICILLIN[1]}
    clinic.double.of["Medication"] = Knobs(status=404)
    answer = await clinic.sign(draft(medicationReference=link, **REFERRING))
    assert indicators(answer) == ["critical"]
    assert clinic.double.lines("Medication") == ["Medication/x"]


def wants_r4(asked: Asked) -> bool:
    """Whether a request asks for FHIR 4.0."""
    return "fhirVersion=4.0" in asked.headers.get("accept", "")


async def test_ver_01_the_version_is_asked_for(clinic: Site) -> None:
    """VER-01: a server that speaks DSTU2 to whoever names no version speaks R4 to us."""
    clinic.double.usual = Knobs(status=500, unless=wants_r4)
    assert indicators(await clinic.sign(draft())) == ["critical"]


async def test_ver_01_another_version_comes_all_the_same(clinic: Site) -> None:
    """VER-01: orders of DSTU2 are no medication list, and that is told."""
    older = {"resourceType": "MedicationOrder", "patient": {"reference": f"Patient/{PATIENT}"}}
    clinic.double.of["MedicationRequest"] = Knobs(entries=(older,))
    (line,) = seen(await clinic.view())
    assert line.startswith("warning: Not checked: current medications against allergies")


async def test_ver_02_a_redacted_entry(clinic: Site) -> None:
    """VER-02: an entry that is withheld makes the list incomplete, and that is told."""
    label = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue"}
    withheld = allergy(id="r1") | {"meta": {"security": [label | {"code": "REDACTED"}]}}
    del withheld["code"]
    clinic.double.of["AllergyIntolerance"] = Knobs(entries=(withheld,))
    lines = seen(await clinic.sign(draft()))
    assert lines[0].startswith("critical")
    assert "the rest of the allergy list" in lines[1]
