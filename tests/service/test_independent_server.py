"""The service against a FHIR server that others wrote: sekmet-fhir, strict and with a token.

It is installed apart from everything else, in `.venv-sekmet` or where CARDWISE_SEKMET says; without
it, these tests are skipped.
"""

import json
import os
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from prefetch.client import FhirClient
from prefetch.states import Reason
from service.app import create_app
from service.settings import Settings
from tests.asgi import running
from tests.conftest import NOW
from tests.ehr import (
    AMOXICILLIN,
    LISINOPRIL,
    RULES,
    TOKEN,
    Json,
    allergy,
    draft,
    envelope,
    medication,
    order_sign,
)
from tests.ehr_site import refused, seen
from tests.prefetch.servers import access, client_of_sockets

ROOT = Path(__file__).parent.parent.parent
NAMED = os.environ.get("CARDWISE_SEKMET", "")
PROGRAM = ROOT / (NAMED or ".venv-sekmet/bin/sekmet")
SECONDS_TO_START = 60

# one that is named and not there is no reason to skip, but an error
pytestmark = pytest.mark.skipif(
    not NAMED and not PROGRAM.exists(),
    reason="sekmet-fhir is not installed: .ci/run puts it into .venv-sekmet",
)


@pytest.fixture(scope="module")
def sekmet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The server on a free port; yields its base URL."""
    folder = tmp_path_factory.mktemp("sekmet")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    base = f"http://127.0.0.1:{port}/fhir"
    settings = {
        "host": "127.0.0.1",
        "port": port,
        "base_url": base,
        "server_auth": {"types": ["bearer"], "tokens": [TOKEN]},
        "validation": {"inbound": "strict"},
        "simulator": {"enabled": False},
    }
    config = folder / "settings.yaml"
    config.write_text(json.dumps(settings))  # JSON is YAML
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(  # noqa: S603 - the program is the one under test
            [PROGRAM, "serve", "-c", config], cwd=folder, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            wait_for(base, server, folder / "log")
            yield base
        finally:
            server.terminate()
            server.wait()


def wait_for(base: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Return when the server answers; fail with what it printed when it does not."""
    end = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < end and server.poll() is None:
        try:
            httpx.get(f"{base}/metadata", timeout=5).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"sekmet-fhir did not start:\n{log.read_text(errors='replace')[-2000:]}")


class Records:
    """The server's API, as an EHR uses it to write."""

    def __init__(self, base: str) -> None:
        """Write to the server at this base URL, with the token."""
        self.base = base
        self.http = httpx.Client(headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30)

    def create(self, resource: Json) -> str:
        """Create a resource; returns the id the server chose."""
        body = {name: value for name, value in resource.items() if name != "id"}
        answer = self.http.post(f"{self.base}/{resource['resourceType']}", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def patient(self) -> str:
        """Create a patient with a penicillin allergy, and two entries more."""
        found = self.create({"resourceType": "Patient", "name": [{"family": "Doe"}]})
        whose = {"reference": f"Patient/{found}"}
        self.create(allergy(patient=whose))
        self.create(allergy({"text": "Peanut"}, category=["food"], patient=whose))
        self.create(allergy({"text": "Latex"}, category=["environment"], patient=whose))
        return found


@pytest.fixture(scope="module")
def records(sekmet: str) -> Iterator[Records]:
    """The server's API."""
    found = Records(sekmet)
    yield found
    found.http.close()


@pytest.fixture(scope="module")
def patient(records: Records) -> str:
    """The id of a patient allergic to penicillin."""
    return records.patient()


@pytest.fixture
async def client() -> AsyncIterator[FhirClient]:
    """The real client, over real sockets."""
    async with client_of_sockets() as found:
        yield found


async def test_a_search_is_read(client: FhirClient, sekmet: str, patient: str) -> None:
    """The allergy list comes whole, as a search of another implementation's making."""
    answer = await client.query(access(sekmet), f"AllergyIntolerance?patient={patient}")
    assert answer.reason is None
    found = [e["resource"]["code"]["text"] for e in json.loads(answer.pages[0])["entry"]]
    assert sorted(found) == ["Latex", "Peanut", "Penicillin"]


async def test_pages_are_followed_to_the_end(client: FhirClient, sekmet: str, patient: str) -> None:
    """With a page for each entry, the server's next links lead to all of them."""
    query = f"AllergyIntolerance?patient={patient}&_count=1"
    answer = await client.query(access(sekmet), query)
    entries = [entry for page in answer.pages for entry in json.loads(page)["entry"]]
    assert answer.reason is None
    assert len(answer.pages) == 3
    assert len({entry["resource"]["id"] for entry in entries}) == 3


async def test_a_wrong_token_is_told(client: FhirClient, sekmet: str, patient: str) -> None:
    """Its 401 is a token that was refused."""
    wrong = access(sekmet, token="somebody-elses")
    answer = await client.query(wrong, f"Patient/{patient}")
    assert (answer.pages, answer.reason) == ((), Reason.UNAUTHORIZED)


async def test_an_unknown_patient_is_told(client: FhirClient, sekmet: str) -> None:
    """Its 404 is a resource that is not there."""
    answer = await client.query(access(sekmet), "Patient/nobody")
    assert (answer.pages, answer.reason) == ((), Reason.NOT_FOUND)


@pytest.fixture
async def ehr(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """The real app, with its real network client."""
    settings = Settings(database=tmp_path / "cardwise.sqlite", deadline=20)
    app = create_app(settings, clock=lambda: NOW, rules=RULES)
    transport = httpx.ASGITransport(app)
    async with running(app), httpx.AsyncClient(transport=transport, base_url="http://cds") as found:
        yield found


def about(patient: str, base: str) -> Json:
    """What a request about a patient of the server has in it."""
    context = {"userId": "Practitioner/1", "patientId": patient}
    return {"fhirServer": base, "context": context}


async def test_a_whole_call(ehr: httpx.AsyncClient, sekmet: str, patient: str) -> None:
    """An amoxicillin order gives the critical card, from what the server alone knows."""
    order = draft(subject={"reference": f"Patient/{patient}"})
    request = order_sign(order, **about(patient, sekmet))
    (line,) = seen(await ehr.post("/cds-services/order-safety", json=request))
    assert line.startswith("critical: Amoxicillin is a penicillin")


async def test_a_whole_call_with_a_wrong_token(
    ehr: httpx.AsyncClient, sekmet: str, patient: str
) -> None:
    """With a token the server does not know, nothing is cleared."""
    order = draft(subject={"reference": f"Patient/{patient}"})
    token = {"access_token": "somebody-elses"}
    request = order_sign(order, fhirAuthorization=token, **about(patient, sekmet))
    answer = await ehr.post("/cds-services/order-safety", json=request)
    assert refused(answer) == {("prefetch.allergies", "unauthorized")}


async def test_references_are_read(ehr: httpx.AsyncClient, sekmet: str, records: Records) -> None:
    """Listed drugs that are Medications of their own are read: one of the two conflicts."""
    patient = records.patient()
    for drug in (AMOXICILLIN, LISINOPRIL):
        made = records.create({"resourceType": "Medication", "code": medication(*drug)})
        order = draft(
            status="active",
            medicationCodeableConcept=None,
            medicationReference={"reference": f"Medication/{made}"},
            subject={"reference": f"Patient/{patient}"},
        )
        records.create(order)
    request = envelope("patient-view", **about(patient, sekmet))
    (line,) = seen(await ehr.post("/cds-services/chart-review", json=request))
    assert line.startswith("warning: Amoxicillin")
