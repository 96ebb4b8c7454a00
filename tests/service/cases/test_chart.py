"""Charts: any FHIR Bundle of one patient will do."""

import json
from pathlib import Path

import pytest

from hooks.errors import CaseError
from service.cases.case import read
from service.cases.chart import load
from tests.ehr import allergy, bundle
from tests.site_rules import FIRES, SiteRules


def written(folder: Path, content: object) -> Path:
    """A file with this content."""
    path = folder / "chart.json"
    path.write_text(json.dumps(content))
    return path


def test_a_transaction_as_exported_is_a_chart(tmp_path: Path) -> None:
    """A transaction whose entries refer to each other by urn:uuid, as Synthea writes, is read."""
    urn = "urn:uuid:5c8c0f6e-2b1f-4a0e-9d7e-0d4f7c0a1b11"
    patient = {"fullUrl": urn, "resource": {"resourceType": "Patient"}}
    entry = {"resource": allergy(patient={"reference": urn})}
    chart = load(written(tmp_path, {"resourceType": "Bundle", "entry": [patient, entry]}))
    [found] = chart.server.resources("AllergyIntolerance")
    assert chart.patient == urn.removeprefix("urn:uuid:")
    assert found["patient"]["reference"] == f"Patient/{chart.patient}"


def test_a_searchset_without_a_patient_is_a_chart(tmp_path: Path) -> None:
    """Where no Patient is in it, the patient is the one whom its resources name."""
    assert load(written(tmp_path, bundle(allergy()))).patient == "p1"


def test_several_patients_need_to_be_told_apart(tmp_path: Path) -> None:
    """With two patients, the case must name one."""
    pair = bundle(*({"resourceType": "Patient", "id": name} for name in ("a", "b")))
    path = written(tmp_path, pair)
    with pytest.raises(CaseError, match="found 2"):
        load(path)
    assert load(path, "b").patient == "b"


@pytest.mark.parametrize(
    "content", [[], {}, {"resourceType": "Patient"}, {"resourceType": "Bundle", "entry": [1]}]
)
def test_what_is_no_bundle_is_refused(tmp_path: Path, content: object) -> None:
    """Anything else is told by its name."""
    with pytest.raises(CaseError, match=r"chart\.json"):
        load(written(tmp_path, content))


def test_a_case_may_name_any_file(site: SiteRules) -> None:
    """A Bundle is found from the folder of the case."""
    bundle_of = site.chart("elsewhere", allergy())
    case = read(site.case("x", FIRES, chart=None, bundle="../../_charts/elsewhere.json"))
    assert case.chart.path == bundle_of.resolve()


def test_each_drug_of_a_list_can_become_a_reference(site: SiteRules) -> None:
    """The referring server has the same orders, each with its drug in a Medication of its own."""
    order = {"resourceType": "MedicationRequest", "id": "m", "subject": {"reference": "Patient/p1"}}
    path = site.chart("listed", order | {"medicationCodeableConcept": {"text": "warfarin"}})
    server = load(path).referring_server
    [found] = server.resources("MedicationRequest")
    kind, _, name = found["medicationReference"]["reference"].partition("/")
    assert server.read(kind, name)["code"] == {"text": "warfarin"}
