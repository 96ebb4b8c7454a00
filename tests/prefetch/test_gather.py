"""Where data comes from: given, recognised, fetched, completed, or not obtained and why."""

import asyncio
from collections.abc import Iterable
from datetime import date
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Mount

import hooks
from hooks.errors import NotRead
from hooks.request import read_request
from prefetch import needs
from prefetch.chart import Chart
from prefetch.client import FhirClient
from prefetch.data import Data
from prefetch.gather import Gatherer
from prefetch.needs import Need
from prefetch.origins import AllowedServers
from prefetch.recognise import recognise
from prefetch.states import Reason, State
from service.fhir_server import FhirServer
from tests.ehr import FHIR_BASE, PATIENT, TOKEN, Json, allergy, bundle, draft, order_sign
from tests.prefetch.servers import BRISK, Server, client_of
from tests.strategies import as_json, json_values, odd_bodies, odd_bundles, quick

BOTH = (needs.allergies, needs.medications)
LISTED = AllowedServers(frozenset({FHIR_BASE}))
ALLERGIES = "GET /AllergyIntolerance?patient=p1"
MEDICATIONS = "GET /MedicationRequest?patient=p1&status=active"
OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}
REFERRING: Json = {
    "medicationCodeableConcept": None,
    "medicationReference": {"reference": "Medication/m"},
}
DRUG: Json = {"resourceType": "Medication", "id": "m", "code": {"text": "Amoxil"}}


@pytest.fixture
def fhir() -> FhirServer:
    """The EHR's FHIR server, with one allergy and one order for the patient."""
    server = FhirServer(frozenset({TOKEN}), page_size=2, base_url=FHIR_BASE)
    server.load({"resourceType": "Patient", "id": PATIENT})
    server.load(allergy(id="on-server"))
    server.load(draft(id="taken", status="active"))
    return server


async def gather(  # noqa: PLR0913 - as a Gatherer takes them
    fhir: FhirServer,
    request: Json,
    required: Iterable[Need] = BOTH,
    optional: Iterable[Need] = (),
    servers: AllowedServers = LISTED,
    *,
    more: Iterable[Need] = (),
) -> Chart:
    """The chart that is gathered for a request, and of which `more` is read afterwards."""
    transport = httpx.ASGITransport(Starlette(routes=[Mount("/fhir", fhir.app)]))
    client = FhirClient(transport=transport, pacing=BRISK)
    call = read_request(as_json(request), hooks.contexts())
    deadline = asyncio.get_running_loop().time() + 30
    try:
        gatherer = Gatherer(client, servers, call, date(2026, 11, 21), deadline)
        chart = await gatherer.chart(required, optional)
        return await gatherer.more(chart, more) if more else chart
    finally:
        await client.aclose()


def of(chart: Chart, key: str = "allergies") -> Data:
    """The data under a key that must be there."""
    found = chart.data(key)
    assert found is not None
    return found


def state(chart: Chart, key: str = "allergies") -> tuple[State, Reason | None]:
    """How a key ended."""
    return of(chart, key).state, of(chart, key).reason


async def test_given_data_is_not_fetched(fhir: FhirServer) -> None:
    """What came with the request is used, and the server is left alone."""
    prefetch = {"allergies": bundle(allergy(id="given")), "medications": None}
    chart = await gather(fhir, order_sign(prefetch=prefetch))
    assert [each.id for each in chart.allergies] == ["given"]
    assert state(chart, "medications") == (State.KNOWN_EMPTY, None)
    assert fhir.requests == []


async def test_missing_data_is_fetched(fhir: FhirServer) -> None:
    """Every need without a prefetch is read from the server, each by one query."""
    chart = await gather(fhir, order_sign())
    assert state(chart) == state(chart, "medications") == (State.FETCHED, None)
    assert [each.id for each in chart.allergies] == ["on-server"]
    assert [each.id for each in chart.medications] == ["taken"]
    assert sorted(fhir.requests) == [ALLERGIES, MEDICATIONS]


async def test_a_need_is_obtained_once(fhir: FhirServer) -> None:
    """A need that several rules have, required or optional, is one query; others are not asked."""
    await gather(fhir, order_sign(), [needs.allergies, needs.allergies], [needs.allergies])
    assert fhir.requests == [ALLERGIES]


async def test_what_is_optional_is_left_until_it_is_wanted(fhir: FhirServer) -> None:
    """It is not read beforehand; a rule that comes to it is told to wait, and then it is there."""
    optional = [needs.medications]
    chart = await gather(fhir, order_sign(), [needs.allergies], optional)
    assert fhir.requests == [ALLERGIES]
    assert chart.data("medications") is None
    assert chart.unread(BOTH) == (needs.medications,)
    for comes_to_it in (lambda: chart.medications, lambda: chart.knows(needs.medications)):
        with pytest.raises(NotRead):
            comes_to_it()
    fhir.requests.clear()
    chart = await gather(fhir, order_sign(), [needs.allergies], optional, more=optional)
    assert fhir.requests == [ALLERGIES, MEDICATIONS]
    assert [each.id for each in chart.medications] == ["taken"]
    assert chart.unread(BOTH) == ()


async def test_what_is_optional_and_came_is_there_at_once(fhir: FhirServer) -> None:
    """Prefetched, or without a way to read it, nothing is left for later."""
    given = order_sign(prefetch={"allergies": None, "medications": None})
    chart = await gather(fhir, given, (), BOTH)
    assert (state(chart), chart.unread(BOTH)) == ((State.KNOWN_EMPTY, None), ())
    chart = await gather(fhir, order_sign(fhirServer=None), (), BOTH)
    assert state(chart) == (State.NOT_OBTAINED, Reason.NO_FHIR_SERVER)
    assert chart.unread(BOTH) == ()
    assert fhir.requests == []


async def test_doses_name_their_drugs(fhir: FhirServer) -> None:
    """A drug that a dose only refers to is read with it; doses that were not given are left out."""
    given = {
        "resourceType": "MedicationAdministration",
        "subject": {"reference": f"Patient/{PATIENT}"},
        "medicationReference": {"reference": "Medication/m"},
        "effectiveDateTime": "2025-01-02T08:00:00Z",
    }
    fhir.load(DRUG)
    fhir.load(given | {"id": "given", "status": "completed"})
    fhir.load(given | {"id": "withheld", "status": "not-done"})
    doses = [needs.administrations]
    chart = await gather(fhir, order_sign(), (), doses, more=doses)
    assert [(each.id, each.label) for each in chart.administrations] == [("given", "Amoxil")]
    assert len(fhir.requests) == 2


@pytest.mark.parametrize(
    ("changes", "servers", "reason"),
    [
        ({"fhirServer": None}, LISTED, Reason.NO_FHIR_SERVER),
        ({"fhirAuthorization": None}, LISTED, Reason.NO_TOKEN),
        ({"fhirServer": "https://evil.test/fhir"}, LISTED, Reason.SERVER_NOT_ALLOWED),
        ({}, AllowedServers(), Reason.SERVER_NOT_ALLOWED),
        ({"fhirAuthorization": {"access_token": "old"}}, LISTED, Reason.UNAUTHORIZED),
    ],
)
async def test_no_way_to_the_data(
    fhir: FhirServer, changes: Json, servers: AllowedServers, reason: Reason
) -> None:
    """Without server, permission or token nothing is obtained, and the reason says which."""
    request = {**order_sign(), **changes}
    request = {name: value for name, value in request.items() if value is not None}
    chart = await gather(fhir, request, servers=servers)
    assert state(chart) == (State.NOT_OBTAINED, reason)


@pytest.mark.parametrize("value", [OUTCOME, "x", 5, {}, bundle(OUTCOME), [], bundle({"id": "x"})])
async def test_what_cannot_be_used_is_fetched_instead(fhir: FhirServer, value: Any) -> None:
    """An outcome in place of data, or something unreadable, is asked for anew (EPIC-09)."""
    request = order_sign(prefetch={"allergies": value})
    assert state(await gather(fhir, request)) == (State.FETCHED, None)


@pytest.mark.parametrize(("value", "reason"), [(OUTCOME, Reason.OUTCOME), ("x", Reason.MALFORMED)])
async def test_what_cannot_be_used_nor_fetched_keeps_its_reason(
    fhir: FhirServer, value: Any, reason: Reason
) -> None:
    """Where the server does no better, what is wrong with the prefetch is said."""
    request = order_sign(prefetch={"allergies": value}, fhirServer=None, fhirAuthorization=None)
    assert state(await gather(fhir, request)) == (State.NOT_OBTAINED, reason)


async def test_a_given_list_is_completed(fhir: FhirServer) -> None:
    """A prefetched page with a next link is followed to the end of the list."""
    more = {"link": [{"relation": "next", "url": f"{FHIR_BASE}/AllergyIntolerance?patient=p1"}]}
    request = order_sign(prefetch={"allergies": bundle(allergy(id="given")) | more})
    chart = await gather(fhir, request)
    assert [each.id for each in chart.allergies] == ["given", "on-server"]
    assert state(chart) == (State.GIVEN, None)


@pytest.mark.parametrize(
    ("link", "changes"),
    [
        ("https://evil.test/fhir?page=2", {}),
        ("//[", {}),
        (f"{FHIR_BASE}/Nothing/at/all", {}),
        (f"{FHIR_BASE}/AllergyIntolerance?patient=p1", {"fhirAuthorization": None}),
        (f"{FHIR_BASE}/AllergyIntolerance?patient=p1", {"fhirServer": None}),
    ],
)
@pytest.mark.parametrize("given_ids", [["given"], []])
async def test_a_list_that_cannot_be_completed_is_not_whole(
    fhir: FhirServer, link: str, changes: Json, given_ids: list[str]
) -> None:
    """A page whose rest cannot be had is a part, and an empty part is not "none"."""
    page = bundle(*(allergy(id=id_) for id_ in given_ids))
    page["link"] = [{"relation": "next", "url": link}]
    request = {**order_sign(prefetch={"allergies": page}), **changes}
    request = {name: value for name, value in request.items() if value is not None}
    found = of(await gather(fhir, request))
    assert (found.state, found.reason) == (State.NOT_OBTAINED, Reason.TRUNCATED)
    assert found.obtained is bool(given_ids)


async def test_drugs_that_drafts_refer_to_are_read(fhir: FhirServer) -> None:
    """A draft whose drug is only a reference gets it from the server, once (EPIC-15)."""
    fhir.load(DRUG)
    request = order_sign(draft(**REFERRING), draft(id="2", **REFERRING))
    chart = await gather(fhir, request, required=())
    assert [order.label for order in chart.drafts] == ["Amoxil", "Amoxil"]
    assert fhir.requests == ["GET /Medication/m"]


@pytest.mark.parametrize(("required", "label"), [(True, "Amoxil"), (False, "a medication")])
async def test_drugs_of_the_list_are_read_where_required(
    fhir: FhirServer, required: bool, label: str
) -> None:
    """The list's referenced drugs are read for a rule that requires the list, else not."""
    fhir.load(DRUG)
    request = order_sign(prefetch={"medications": bundle(draft(status="active", **REFERRING))})
    named = ([needs.medications], []) if required else ([], [needs.medications])
    chart = await gather(fhir, request, *named)
    assert [order.label for order in chart.medications] == [label]
    assert fhir.requests == (["GET /Medication/m"] if required else [])


@pytest.mark.parametrize("sibling", [True, False])
async def test_drugs_at_hand_are_not_read(fhir: FhirServer, sibling: bool) -> None:
    """A drug among the drafts, or included with the list, costs no query (EPIC-14)."""
    listed = [draft(status="active", **REFERRING), *([] if sibling else [DRUG])]
    drafts = [draft(**REFERRING), DRUG] if sibling else [draft()]
    request = order_sign(*drafts, prefetch={"medications": bundle(*listed)})
    chart = await gather(fhir, request, [needs.medications])
    assert [order.label for order in chart.medications] == ["Amoxil"]
    assert fhir.requests == []


async def test_references_are_bounded(fhir: FhirServer) -> None:
    """A pad of very many referenced drugs does not become as many queries."""
    links = [{"reference": f"Medication/{number}"} for number in range(60)]
    drafts = [draft(**(REFERRING | {"medicationReference": link})) for link in links]
    chart = await gather(fhir, order_sign(*drafts), required=())
    assert len(chart.drafts) == 60
    assert len(fhir.requests) == 40


async def test_a_drug_that_cannot_be_read_costs_only_its_name(fhir: FhirServer) -> None:
    """A reference the server does not know leaves the order there, under its display."""
    link = {"reference": "Medication/unknown", "display": "Amoxil"}
    request = order_sign(draft(**(REFERRING | {"medicationReference": link})))
    assert [order.label for order in (await gather(fhir, request)).drafts] == ["Amoxil"]


def recognised(prefetch: Json, *wanted: Need) -> dict[str, Any]:
    """What is recognised among prefetch values."""
    raw = {key: msgspec.Raw(as_json(value)) for key, value in prefetch.items()}
    return {key: msgspec.json.decode(v) for key, v in recognise(raw, wanted or BOTH).items()}


SELF = {"link": [{"relation": "self", "url": f"{FHIR_BASE}/AllergyIntolerance?patient=p1"}]}
LIST = bundle(allergy())


@pytest.mark.parametrize(
    ("prefetch", "found"),
    [
        ({"allergies": LIST}, {"allergies": LIST}),
        ({"item1": LIST}, {"allergies": LIST}),
        ({"item1": bundle() | SELF}, {"allergies": bundle() | SELF}),
        (
            {"item1": bundle(draft()), "item2": LIST},
            {"medications": bundle(draft()), "allergies": LIST},
        ),
        ({"allergies": None, "item1": LIST}, {"allergies": None}),
        ({"item1": LIST, "item2": bundle()}, {"allergies": LIST}),
        ({"allergies": bundle(draft())}, {"allergies": bundle(draft())}),
        ({"item1": bundle()}, {}),
        ({"item1": None}, {}),
        ({"item1": OUTCOME}, {}),
        ({"item1": bundle({"resourceType": "Condition"})}, {}),
        ({"item1": "x", "item2": 5, "item3": []}, {}),
        ({}, {}),
    ],
)
def test_recognise(prefetch: Json, found: Json) -> None:
    """A value counts under its key, else by what it holds (EPIC-05); what says nothing, not."""
    assert recognised(prefetch) == found


def test_the_patient_is_recognised_under_any_key() -> None:
    """A single resource answers the need for a read of its type."""
    patient = {"resourceType": "Patient", "id": PATIENT}
    assert recognised({"-user": patient}, needs.patient) == {"patient": patient}


@given(
    st.dictionaries(
        st.sampled_from(["allergies", "x", "y"]),
        odd_bodies() | (odd_bundles() | json_values()).map(as_json),
        max_size=3,
    )
)
@quick
def test_any_prefetch_is_recognised_or_not(prefetch: dict[str, bytes]) -> None:
    """Whatever the values hold, recognising them raises nothing and invents nothing."""
    raw = {key: msgspec.Raw(value) for key, value in prefetch.items()}
    found = recognise(raw, BOTH)
    assert set(found) <= {"allergies", "medications"}
    assert all(bytes(value) in prefetch.values() for value in found.values())
    if "allergies" in prefetch:
        assert bytes(found["allergies"]) == prefetch["allergies"]


@pytest.mark.parametrize(
    "text", [b"\xff", b"\\ud800", b'", "deep": ' + b"[" * 5000 + b"]" * 5000 + b', "x": "']
)
def test_values_that_cannot_be_decoded_are_not_recognised(text: bytes) -> None:
    """A value whose inside is no JSON text is passed over, as the envelope let it through."""
    value = b'{"resourceType": "Bundle", "entry": [{"resource": {"id": "' + text + b'"}}]}'
    assert recognise({"x": msgspec.Raw(value)}, BOTH) == {}


@pytest.mark.parametrize(
    "body",
    [
        b'{"resourceType":"Practitioner","id":"\xff"}',
        b'{"resourceType":"Practitioner","id":"1","x":' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"resourceType":"OperationOutcome","issue":[{"severity":"error"}]}',
        b"{}",
    ],
    ids=["not-utf8", "deep", "outcome", "no-type"],
)
async def test_a_reference_that_reads_as_nothing_is_not_taken_for_none(body: bytes) -> None:
    """A path that looks into a resource nobody can read has failed; it does not lead to nothing."""
    path = "context.draftOrders.entry.resource.requester.resolve().qualification.issuer.reference"
    need = Need("issuers", f"Organization?_id={{{{{path}}}}}", "Organization", "issuers")
    sent = order_sign(draft(requester={"reference": "Practitioner/1"}))
    call = read_request(as_json(sent), hooks.contexts())
    async with client_of(Server(Response(body)).app) as client:
        deadline = asyncio.get_running_loop().time() + 30
        chart = await Gatherer(client, LISTED, call, date(2026, 11, 21), deadline).chart([need])
    data = chart.data("issuers")
    assert data is not None
    assert data.state is State.NOT_OBTAINED
