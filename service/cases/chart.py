"""The chart of a case: any FHIR Bundle of one patient, by name or by path."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Final

import msgspec

from hooks.errors import CaseError
from rules import _charts as shipped
from rules._places import shown
from service.fhir_server import FhirServer
from service.fhir_server.outcome import FhirError

Json = dict[str, Any]
BASE: Final = "https://ehr.test/fhir"
TOKEN: Final = "delegated-token"  # noqa: S105 - opens a server in this process only
FOLDER: Final = "_charts"
_SHIPPED: Final = Path(shipped.__file__).parent
_LARGE_PAGE: Final = 5000


@dataclass(frozen=True)
class CaseChart:
    """A patient's chart.

    Attributes:
        path: its file.
        bundle: what the file holds.
        patient: the patient's id.
    """

    path: Path
    bundle: Json
    patient: str

    @property
    def name(self) -> str:
        """What it is called in a report."""
        return self.path.stem

    @cached_property
    def server(self) -> FhirServer:
        """A FHIR server that holds this chart alone, and gives whole lists."""
        return self.served(_LARGE_PAGE)

    @cached_property
    def paging_server(self) -> FhirServer:
        """The same with one entry on a page."""
        return self.served(1)

    @cached_property
    def referring_server(self) -> FhirServer:
        """The same with each drug of the medication list as a reference that must be read."""
        server = self.served(_LARGE_PAGE)
        for order in server.resources("MedicationRequest"):
            if "medicationCodeableConcept" in order:
                for part in split(order, f"of-{order['id']}"):
                    server.load(part)
        return server

    def served(self, page_size: int) -> FhirServer:
        """A new FHIR server that holds this chart alone."""
        server = FhirServer(frozenset({TOKEN}), page_size=page_size, base_url=BASE)
        server.load(self.bundle)
        return server


def find(case: Path, name: str, bundle: str, patient: str) -> CaseChart:
    """The chart a case names: in the `_charts` beside its rule, of those shipped, or any file.

    Raises:
        CaseError: there is none, or it is not one patient's.
    """
    if bundle:
        return load((case.parent / bundle).resolve(), patient)
    beside = case.parent.parent.parent / FOLDER
    places = [folder / f"{name}.json" for folder in (beside, _SHIPPED)]
    found = next((path for path in places if path.exists()), None)
    if found is None:
        known = ", ".join(sorted({p.stem for f in (beside, _SHIPPED) for p in f.glob("*.json")}))
        raise CaseError(f"{shown(case)}: there is no chart {name!r}; there are {known}")
    return load(found, patient)


@lru_cache(maxsize=256)
def load(path: Path, patient: str = "") -> CaseChart:
    """Read a FHIR Bundle as exported: collection, searchset, transaction or document.

    Raises:
        CaseError: it cannot be read, or does not say whose chart it is.
    """
    try:
        bundle = msgspec.json.decode(path.read_bytes())
    except (OSError, UnicodeDecodeError, msgspec.DecodeError) as error:
        raise CaseError(f"{shown(path)}: expected a FHIR Bundle as JSON; {error}") from None
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        raise CaseError(f"{shown(path)}: expected a FHIR Bundle")
    chart = CaseChart(path, bundle, patient)
    try:
        patients = sorted(set(_patients(chart.server)))
    except (FhirError, AttributeError, TypeError, KeyError) as error:
        raise CaseError(f"{shown(path)}: expected a Bundle of FHIR R4 resources; {error}") from None
    if patient or len(patients) == 1:
        return replace(chart, patient=patient or patients[0])
    raise CaseError(
        f"{shown(path)}: expected one patient, found {len(patients)}; say which by `patient`"
    )


def split(order: Json, name: str) -> tuple[Json, Json]:
    """An order whose drug is a reference, and the Medication it refers to."""
    medication = {"resourceType": "Medication", "id": name}
    reference = {"reference": f"Medication/{name}"}
    kept = {key: value for key, value in order.items() if key != "medicationCodeableConcept"}
    coded = order["medicationCodeableConcept"]
    return kept | {"medicationReference": reference}, medication | {"code": coded}


def _patients(server: FhirServer) -> Iterator[str]:
    """The patients in a chart; where it holds no Patient, those whom its resources name."""
    found = [resource["id"] for resource in server.resources("Patient")]
    if found:
        yield from found
        return
    for kind in ("AllergyIntolerance", "MedicationRequest", "Condition", "Observation"):
        for resource in server.resources(kind):
            subject = resource.get("patient") or resource.get("subject") or {}
            yield str(subject.get("reference", "")).rpartition("/")[2]
