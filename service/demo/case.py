"""A call turned into what can be kept: a rule case with its chart, or a line for the shell."""

import shlex
from typing import Any, Final

import msgspec

from rules._cards import NOT_CHECKED_TOPIC, topic_code
from service.demo import charts
from service.demo.ehr import TOKEN
from service.demo.exchange import Exchange, pretty
from service.demo.fhir import Fhir

Json = dict[str, Any]

_CHART_TYPES: Final = (
    *("AllergyIntolerance", "MedicationRequest", "MedicationAdministration"),
    *("Condition", "Observation"),
)
# What a case need not say of an order, since every case's orders have it.
_USUAL: Final = frozenset({"resourceType", "status", "intent", "subject"})
_OURS: Final = frozenset({"meta", "identifier", "groupIdentifier", "requester"})


def case(exchange: Exchange, patient: str, rule: str, chart: Json, today: str) -> Json:
    """The call as a case of one rule: what it was asked, and what it answered.

    A chart that is not, or not any more, one that the cases share is a Bundle in `charts`, beside
    the folder of the cases.
    """
    shared = _is_as_shared(chart, patient)
    place = {"chart": patient} if shared else {"bundle": f"../charts/{chart_name(exchange, rule)}"}
    kept: Json = {
        "why": f"As seen in the demo EHR on {today}; say here what it shows.",
        **place,
        "hook": exchange.hook,
        "today": today,
    }
    if exchange.hook != "patient-view":
        kept["orders"] = [_order(draft.resource) for draft in exchange.drafts]
    if exchange.hook == "order-select":
        kept["selections"] = exchange.selections
    return kept | {"cards": _cards(exchange, rule)}


def name(exchange: Exchange, rule: str) -> str:
    """A name for the case's file, without its ending."""
    speaks = "fires" if _cards(exchange, rule) else "silent"
    return f"{speaks}_{rule.replace('-', '_')}_{exchange.hook_instance[:8]}"


def chart_name(exchange: Exchange, rule: str) -> str:
    """A name for the file of the case's chart."""
    return f"{name(exchange, rule)}.chart.json"


async def chart_of(fhir: Fhir, patient: str, drafts: set[str]) -> Json:
    """The patient's chart as it now is, without the drafts of the call.

    Raises:
        httpx.HTTPError: the server does not answer.
    """
    found = [await fhir.read(f"Patient/{patient}")]
    for kind in _CHART_TYPES:
        found += await fhir.search(f"{kind}?patient={patient}")
    kept = [_bare(r) for r in found if r and f"{r['resourceType']}/{r['id']}" not in drafts]
    entries = [{"fullUrl": _address(each), "resource": each} for each in kept]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def curl(exchange: Exchange) -> str:
    """The call for the shell; its token is the demo's standing one, which does not expire."""
    body = msgspec.json.encode(exchange.with_token(TOKEN)).decode()
    header = "-H 'Content-Type: application/json'"
    return f"curl -s {exchange.url} {header} -d {shlex.quote(body)}"


def file(content: Json) -> bytes:
    """The content of a file."""
    return f"{pretty(content)}\n".encode()


def _cards(exchange: Exchange, rule: str) -> list[Json]:
    """The rule's own cards, and what was not checked, as far as a case looks at them."""
    topics = (topic_code(rule), NOT_CHECKED_TOPIC)
    answered = exchange.response.get("cards", []) if isinstance(exchange.response, dict) else []
    return [
        {
            "indicator": card["indicator"],
            "summary": card["summary"],
            "suggestions": [each["label"] for each in card.get("suggestions", [])],
        }
        for card in answered
        if card["source"].get("topic", {}).get("code") in topics
    ]


def _order(resource: Json) -> Json:
    return {k: v for k, v in resource.items() if k not in _USUAL | _OURS}


def _is_as_shared(chart: Json, patient: str) -> bool:
    """Whether the chart is one of the cases', and nothing was written to it since."""
    if not charts.is_shared(patient):
        return False
    return _by_name(chart) == _by_name(charts.load(patient))


def _by_name(chart: Json) -> dict[str, Json]:
    return {_address(entry["resource"]): entry["resource"] for entry in chart["entry"]}


def _bare(resource: Json) -> Json:
    return {name: value for name, value in resource.items() if name != "meta"}


def _address(resource: Json) -> str:
    return f"http://example.org/fhir/{resource['resourceType']}/{resource['id']}"
