"""`GET /metrics`: how calls ended and what became of the data, with nothing from a request."""

import asyncio
import re
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families
from starlette.responses import Response

from service import __version__
from service.app import create_app
from service.settings import Settings
from tests.asgi import running
from tests.callers import Caller, Clock
from tests.door import Door, opened
from tests.ehr import EHR, FHIR_BASE, TOKEN, allergy, bundle, draft, order_sign

OPERATIONS = Path(__file__).parents[3] / "docs" / "operations.md"
SERVER = FHIR_BASE.removesuffix("/fhir")


async def numbers(client: httpx.AsyncClient, name: str) -> dict[str, float]:
    """The series of one metric: their labels' values in order of name, and their number."""
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    return {
        " ".join(value or "-" for _, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
        if sample.name == name
    }


async def test_states_and_reasons_are_counted(ehr: EHR) -> None:
    """Given, fetched, known-empty and not-obtained data are told apart by key and reason."""
    await ehr.sign(draft(), prefetch={"allergies": bundle(allergy())})
    await ehr.sign(draft(), prefetch={"allergies": None})
    ehr.fhir.load(allergy())
    await ehr.sign(draft())
    await ehr.sign(draft(), fhirAuthorization={"access_token": "wrong"})
    assert await numbers(ehr.client, "cardwise_data_total") == {
        "allergies - given -": 1,
        "allergies - known-empty -": 1,
        "allergies - fetched -": 1,
        "allergies unauthorized not-obtained -": 1,
    }


async def test_calls_rules_and_cards_are_counted(ehr: EHR) -> None:
    """Answers by status, rules by how they ended, cards by rule and urgency."""
    await ehr.sign(draft(), prefetch={"allergies": bundle(allergy())})
    await ehr.sign(draft(), fhirServer=None)
    assert await numbers(ehr.client, "cardwise_calls_total") == {
        "order-sign order-safety 200 -": 1,
        "order-sign order-safety 412 -": 1,
    }
    assert await numbers(ehr.client, "cardwise_call_seconds_count") == {
        "order-sign order-safety -": 2
    }
    assert await numbers(ehr.client, "cardwise_rules_total") == {
        "ran drug-allergy -": 1,
        "blocked drug-allergy -": 1,
    }
    assert await numbers(ehr.client, "cardwise_cards_total") == {"critical drug-allergy yes -": 1}


async def test_every_answer_is_counted_by_its_route(ehr: EHR) -> None:
    """Paths of the caller's own making are one, so that nobody can make series."""
    for path in ("/healthz", "/jane", "/jane/example", "/rules/jane", "/cds-services/jane"):
        await ehr.client.get(path)
    await ehr.client.get("/demo/fhir/Patient/jane")
    assert await numbers(ehr.client, "cardwise_requests_total") == {
        "/healthz 200": 1,
        "- 404": 2,
        "/rules/{rule_id} 404": 1,
        "/cds-services/{service_id} 405": 1,
        "/demo/fhir/{path:path} 401": 1,
    }


async def test_tenants_are_told_apart(tmp_path: Path, clock: Clock, caller: Caller) -> None:
    """By their ids in the configuration; cards in shadow are counted as not shown."""
    shadow = (
        f'[tenants.mercy]\nfhir = [{{ base = "{FHIR_BASE}" }}]\n'
        '[tenants.mercy.rules]\ndrug-allergy = "shadow"\n'
        '[tenants.mercy.trust]\nissuers = ["https://ehr.mercy.test"]\n'
        'jku = ["https://ehr.mercy.test/keys"]\n'
    )
    async with opened(tmp_path, clock, shadow) as door:
        await door.knock(caller.bearer())
        cards = await numbers(door.client, "cardwise_cards_total")
        reads = await numbers(door.client, "cardwise_fhir_reads_total")
    assert cards == {"critical drug-allergy no mercy": 1}
    assert reads == {f"ok {SERVER} mercy": 1}


async def test_reads_are_counted_by_how_they_ended(ehr: EHR) -> None:
    """By the server's origin; servers on this machine are one, whatever their port."""
    await ehr.sign(draft())
    await ehr.sign(draft(), fhirAuthorization={"access_token": "wrong"})
    await ehr.sign(draft(), fhirServer="http://127.0.0.1:1/elsewhere")
    assert await numbers(ehr.client, "cardwise_fhir_reads_total") == {
        f"ok {SERVER} -": 1,
        f"unauthorized {SERVER} -": 1,
        "not-found loopback -": 1,
    }
    seconds = await numbers(ehr.client, "cardwise_fhir_read_seconds_count")
    assert seconds == {f"{SERVER} -": 2, "loopback -": 1}


async def test_shared_answers_are_counted(ehr: EHR) -> None:
    """Of two calls at once that ask the same, one asks the server."""
    await asyncio.gather(ehr.sign(draft()), ehr.sign(draft()))
    assert await numbers(ehr.client, "cardwise_fhir_queries_total") == {
        f"{SERVER} server -": 1,
        f"{SERVER} shared -": 1,
    }


async def test_breakers_are_shown_where_they_stand(settings: Settings) -> None:
    """One series for each configured server and position; 1 where it stands."""
    app = create_app(settings, fhir_transport=httpx.ASGITransport(Response(status_code=500)))
    async with (
        running(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://a.test") as client,
    ):
        standing = [f"{position} {SERVER} -" for position in ("closed", "trying", "open")]
        first = await numbers(client, "cardwise_fhir_breaker")
        for _ in range(5):
            await client.post("/cds-services/order-safety", json=order_sign(draft()))
        last = await numbers(client, "cardwise_fhir_breaker")
    assert first == dict(zip(standing, (1, 0, 0), strict=True))
    assert last == dict(zip(standing, (0, 0, 1), strict=True))


async def test_the_process_is_measured(ehr: EHR) -> None:
    """Version, memory, collections, and how busy the event loop is."""
    (build,) = await numbers(ehr.client, "cardwise_build_info")
    assert build == f"3.0.0-ballot {__version__}"
    assert (await numbers(ehr.client, "process_resident_memory_bytes"))[""] > 1_000_000
    assert await numbers(ehr.client, "python_gc_collections_total")
    assert (await numbers(ehr.client, "cardwise_loop_lag_seconds"))[""] < 60


async def test_nothing_from_a_request_is_in_the_numbers(ehr: EHR) -> None:
    """Patient, user, token and URL stay out."""
    await ehr.sign(draft(), prefetch={"sekret-key": bundle(allergy())})
    text = (await ehr.client.get("/metrics")).text
    assert not any(word in text for word in ("p1", "Practitioner", TOKEN, FHIR_BASE, "sekret"))


async def test_every_metric_is_documented(door: Door, caller: Caller) -> None:
    """docs/operations.md has each metric of ours with its labels, and no other."""
    await door.knock()
    await door.knock(caller.bearer())
    counted = door.app.state.cardwise.metrics
    counted.store("redis", up=True)  # which is there only with Redis
    counted.feedback("stored", 0)  # and this once there is any
    made: dict[str, str] = {}
    for family in text_string_to_metric_families((await door.client.get("/metrics")).text):
        labels = {name for sample in family.samples for name in sample.labels} - {"le"}
        ending = "_total" if family.type == "counter" else ""
        made[f"{family.name}{ending}"] = ", ".join(f"`{label}`" for label in sorted(labels))
    told = dict(
        re.findall(r"^\| `(cardwise_\w+)` \| ([^|]*?) *\|", OPERATIONS.read_text(), re.MULTILINE)
    )
    assert told == {name: labels for name, labels in made.items() if name.startswith("cardwise")}
