"""The habits of OpenEMR and of the public CDS Hooks sandbox, as reported of them.

Each test is one, over a real socket, at the real app; the numbers are those of the list of vendor
behaviours the service has to live with.
"""

from pathlib import Path

from tests.ehr import AMOXICILLIN, PATIENT, RXNORM, SNOMED, TOKEN, Json, allergy, draft, order_sign
from tests.ehr_double import EhrDouble, Knobs
from tests.ehr_site import NO_SERVER, Site, indicators, refused, seen, taken, tenant

REFERRING: Json = {"medicationCodeableConcept": None}
ABSENT: Json = {
    "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason"}]
}
NOTHING: Json = {"allergies": None, "medications": None}


async def test_oem_01_a_collection(clinic: Site) -> None:
    """OEM-01: a search answered with a collection, without modes and totals, is a search."""

    def bare(found: Json) -> Json:
        entries = [{"resource": entry["resource"]} for entry in found["entry"]]
        return {"resourceType": "Bundle", "type": "collection", "entry": entries}

    clinic.double.usual = Knobs(edit=bare)
    assert indicators(await clinic.sign(draft())) == ["critical"]


VALIDATION = b'{"validationErrors":{"status":["parameter is not supported"]}}'


async def test_oem_02_an_unsupported_parameter(clinic: Site) -> None:
    """OEM-02: a query that is refused whatever it asks leaves a check undone, and that is told."""
    clinic.double.of["MedicationRequest"] = Knobs(status=400, body=VALIDATION)
    clinic.double.load(taken())
    assert "Not checked: current medications" in seen(await clinic.view())[0]
    assert len(clinic.double.lines("MedicationRequest")) == 2


async def test_oem_02_the_wider_query(clinic: Site) -> None:
    """OEM-02: a refused query is asked again by patient alone, and filtered here."""
    refusing = Knobs(status=400, body=VALIDATION, unless=lambda asked: "status" not in asked.query)
    clinic.double.of["MedicationRequest"] = refusing
    clinic.double.load(taken(), taken(id="m2", status="stopped"))
    (line,) = seen(await clinic.view())
    assert line.startswith("warning: Amoxicillin")
    assert clinic.double.lines("MedicationRequest")[1:] == [f"MedicationRequest?patient={PATIENT}"]


async def test_oem_02_a_site_may_spare_the_first_query(tmp_path: Path) -> None:
    """OEM-02: where the parameter is known to be refused, the site's own query leaves it out."""
    double = EhrDouble()
    double.load(allergy(), taken(), taken(id="m2", status="stopped"))
    own = 'prefetch = { medications = "MedicationRequest?patient={{context.patientId}}" }'
    async with tenant(double, tmp_path, own) as clinic:
        (line,) = seen(await clinic.view())
    assert line.startswith("warning: Amoxicillin")
    assert double.lines("MedicationRequest") == [f"MedicationRequest?patient={PATIENT}"]


async def test_oem_03_an_absent_resource_is_an_array(clinic: Site) -> None:
    """OEM-03: 404 with `[]` is an absent resource: the display names the drug."""
    link = {"reference": "Medication/x", "display": AMOXICILLIN[1]}
    clinic.double.of["Medication"] = Knobs(status=404, body=b"[]")
    answer = await clinic.sign(draft(medicationReference=link, **REFERRING))
    assert indicators(answer) == ["critical"]


async def test_oem_04_a_token_for_a_minute(clinic: Site) -> None:
    """OEM-04: a token that lives for 60 seconds is enough for a call."""
    token = {"access_token": TOKEN, "expires_in": 60}
    assert indicators(await clinic.sign(draft(), fhirAuthorization=token)) == ["critical"]


async def test_oem_05_the_name_is_in_the_narrative(blank: Site) -> None:
    """OEM-05: an allergy named only in its narrative is matched or not checked, never none."""
    text = {"status": "additional", "div": "<div>Penicillin</div>"}
    blank.double.load(allergy({"coding": [ABSENT]}, text=text))
    (line,) = seen(await blank.sign(draft()))
    assert "Not checked: allergy to" in line or line.startswith("critical")


async def test_oem_06_three_identical_codings(blank: Site) -> None:
    """OEM-06: a substance coded three times alike gives one card, with one piece of evidence."""
    coding = {"system": SNOMED, "code": "91936005", "display": "Allergy to penicillin"}
    blank.double.load(allergy({"coding": [coding] * 3}))
    (card,) = (await blank.sign(draft())).json()["cards"]
    assert card["indicator"] == "critical"
    assert card["detail"].count("- Chart:") == 1


async def test_oem_07_codes_or_words(clinic: Site) -> None:
    """OEM-07: a drug by code without words, and one by words without a code, are both matched."""
    coded = {"coding": [{"system": RXNORM, "code": AMOXICILLIN[0]}]}
    clinic.double.load(taken(id="m1", medicationCodeableConcept=coded))
    clinic.double.load(taken(id="m2", medicationCodeableConcept={"text": "Ampicillin"}))
    lines = seen(await clinic.view())
    assert sorted(line.split()[1] for line in lines) == ["Amoxicillin", "Ampicillin"]


async def test_oem_08_status_unknown_intent_plan(clinic: Site) -> None:
    """OEM-08: an order of unknown status may well be taken, and counts."""
    clinic.double.of["MedicationRequest"] = Knobs(ignored=("status",))
    clinic.double.load(taken(status="unknown", intent="plan"))
    assert indicators(await clinic.view()) == ["warning"]


async def test_sbx_04_no_encounter(clinic: Site) -> None:
    """SBX-04: patient and user are all the context that is needed."""
    request = order_sign(draft())
    assert "encounterId" not in request["context"]
    assert indicators(await clinic.call("order-safety", request)) == ["critical"]


async def test_sbx_05_a_key_is_missing(clinic: Site) -> None:
    """SBX-05: a key left out is read; with no way to read it, nothing is cleared."""
    some = {"medications": None}
    assert indicators(await clinic.sign(draft(), prefetch=some)) == ["critical"]
    answer = await clinic.sign(draft(), prefetch=some, **NO_SERVER)
    assert refused(answer) == {("prefetch.allergies", "no-fhir-server")}


async def test_sbx_06_dstu2_drafts(clinic: Site) -> None:
    """SBX-06: orders of DSTU2 are said not to be understood; they are not cleared."""
    order = draft() | {"resourceType": "MedicationOrder"}
    (line,) = seen(await clinic.sign(order, prefetch=NOTHING))
    assert "Not checked: the drafted orders" in line
    assert "DSTU2" in line


async def test_sbx_07_loose_drafts(clinic: Site) -> None:
    """SBX-07: a Bundle without type and an object where an array is due are read all the same."""
    loose = {"resourceType": "Bundle", "entry": [{"resource": draft(intent=None, category={})}]}
    request = order_sign()
    request["context"]["draftOrders"] = loose
    assert indicators(await clinic.call("order-safety", request)) == ["critical"]


async def test_sbx_07_an_order_without_a_drug_yet(clinic: Site) -> None:
    """SBX-07: an order whose drug is still to be chosen is no error, and gives no card."""
    order = draft(medicationCodeableConcept=None, intent=None)
    assert seen(await clinic.select(order, selections=["MedicationRequest/draft-1"])) == []
