"""Traces: what a collector on a real socket is sent, and that nothing is imported without one."""

import subprocess
import sys
from pathlib import Path

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Proto

from hooks.errors import ConfigurationError
from service.settings import Settings
from tests.ehr import Json, allergy, draft, order_sign
from tests.ehr_double import EhrDouble, Knobs
from tests.ehr_site import site
from tests.service.telemetry.collector import Collector, collecting

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
ROUTE = "POST /cds-services/{service_id}"


async def traced(folder: Path, double: EhrDouble, headers: Json | None = None) -> Collector:
    """What is exported of one call, which reads everything it needs."""
    async with collecting() as collector:
        async with site(double, folder, traces=collector.url) as ehr:
            request = order_sign(draft()) | {"fhirServer": ehr.base}
            await ehr.client.post("/cds-services/order-safety", json=request, headers=headers)
            await ehr.client.get("/healthz")
        return collector


@pytest.fixture
def double() -> EhrDouble:
    """A FHIR server whose patient has a penicillin allergy."""
    found = EhrDouble()
    found.load(allergy(recordedDate="2012-05-01"))
    return found


async def test_a_call_is_a_trace(tmp_path: Path, double: EhrDouble) -> None:
    """The request, each key that was read, each request for it, and each rule, in one tree."""
    collector = await traced(tmp_path, double)
    call = collector.named(ROUTE)
    assert (call.parent, call.kind, call.failed) == ("", Proto.SPAN_KIND_SERVER, False)
    expected = {
        "http.request.method": "POST",
        "http.route": "/cds-services/{service_id}",
        "http.response.status_code": 200,
        "cardwise.service": "order-safety",
        "cardwise.hook": "order-sign",
        "cardwise.cards": 1,
        "cardwise.ran": ["drug-allergy"],
        "cardwise.data.allergies": "fetched",
    }
    assert expected.items() <= call.attributes.items()
    obtained = collector.named("obtain allergies")
    assert obtained.parent == call.id
    assert obtained.attributes == {"cardwise.key": "allergies", "cardwise.state": "fetched"}
    reads = {span.parent: span for span in collector.spans if span.name == "GET"}
    afterwards = ("medications", "past_medications", "administrations", "patient")
    later = {collector.named(f"obtain {key}").id for key in afterwards}
    assert reads.keys() == {obtained.id, *later}
    assert reads[obtained.id].kind == Proto.SPAN_KIND_CLIENT
    assert reads[obtained.id].attributes == {
        "http.request.method": "GET",
        "server.address": "loopback",
        "http.response.status_code": 200,
    }
    waiting, rule = [span for span in collector.spans if span.name == "rule drug-allergy"]
    assert waiting.attributes == {"cardwise.waiting": True}
    assert rule.parent == waiting.parent == call.id
    assert not waiting.failed
    assert not rule.failed
    assert rule.attributes["cardwise.findings"] == 1
    assert {span.trace for span in collector.spans} == {call.trace}


async def test_failures_are_marked(tmp_path: Path) -> None:
    """A read that failed has its status and reason, and so has the key it was for."""
    collector = await traced(tmp_path, EhrDouble(None, Knobs(status=403)))
    read = next(span for span in collector.spans if span.name == "GET")
    assert read.failed
    assert read.attributes["http.response.status_code"] == 403
    assert read.attributes["cardwise.reason"] == "forbidden"
    obtained = collector.named("obtain allergies").attributes
    assert (obtained["cardwise.state"], obtained["cardwise.reason"]) == (
        "not-obtained",
        "forbidden",
    )
    call = collector.named(ROUTE).attributes
    assert call["http.response.status_code"] == 412


async def test_the_callers_trace_goes_on_to_its_server(tmp_path: Path, double: EhrDouble) -> None:
    """The call is a child of the caller's span; the caller's FHIR server is told of ours."""
    headers = {
        "traceparent": f"00-{TRACE}-{PARENT}-01",
        "tracestate": "vendor=jane-example",
        "baggage": "patient=jane-example",
    }
    collector = await traced(tmp_path, double, headers)
    call = collector.named(ROUTE)
    assert (call.trace, call.parent) == (TRACE, PARENT)
    ids = {span.id for span in collector.spans if span.name == "GET"}
    sent = [asked.headers["traceparent"].split("-") for asked in double.asked]
    assert {trace for _, trace, _, _ in sent} == {TRACE}
    assert {span for _, _, span, _ in sent} == ids
    told = str([asked.headers for asked in double.asked]).encode() + b"".join(collector.bodies)
    assert b"jane" not in told


async def test_who_sent_no_trace_gets_none(tmp_path: Path, double: EhrDouble) -> None:
    """Nothing of ours goes to a FHIR server whose EHR does not speak of traces."""
    await traced(tmp_path, double)
    assert double.asked
    assert not any("traceparent" in asked.headers for asked in double.asked)


async def test_a_trace_that_is_not_sampled_is_not_sent(tmp_path: Path, double: EhrDouble) -> None:
    """The caller's decision holds."""
    collector = await traced(tmp_path, double, {"traceparent": f"00-{TRACE}-{PARENT}-00"})
    assert collector.spans == []


async def test_a_collector_that_is_gone_costs_no_answer(tmp_path: Path, double: EhrDouble) -> None:
    """Calls are answered as ever."""
    async with site(double, tmp_path, traces="http://127.0.0.1:1/v1/traces") as ehr:
        assert (await ehr.sign(draft())).json()["cards"]


@pytest.mark.parametrize(
    ("traces", "imported"), [("", False), ("http://127.0.0.1:1/v1/traces", True)]
)
def test_nothing_is_imported_without_it(tmp_path: Path, traces: str, imported: bool) -> None:
    """OpenTelemetry is there only when traces are wanted."""
    program = (
        "import sys; from pathlib import Path; from service.app import create_app; "
        "from service.settings import Settings; "
        f"create_app(Settings(database=Path({str(tmp_path / 'x')!r}), traces={traces!r})); "
        "sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    )
    ended = subprocess.run([sys.executable, "-c", program], check=False)  # noqa: S603 - ours
    assert ended.returncode == int(imported)


@pytest.mark.parametrize("value", ["collector:4318", "ftp://collector", "yes"])
def test_the_setting_is_a_url(value: str) -> None:
    """Anything else is refused, by the variable's name."""
    with pytest.raises(ConfigurationError, match=r"^CARDWISE_TRACES: "):
        Settings.from_environment({"CARDWISE_TRACES": value})
