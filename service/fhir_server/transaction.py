"""A batch, each entry for itself, and a transaction, all entries or none."""

from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl
from uuid import uuid4

from service.fhir_server.interactions import Answer, Call, Interactions, written
from service.fhir_server.outcome import FhirError, Json, bad_request
from service.fhir_server.references import relink, settle

# "3.1.0.11.2 Transaction Processing Rules" of https://hl7.org/fhir/R4/http.html#trules
_ORDER: Final = ("DELETE", "POST", "PUT", "GET")


@dataclass
class _Step:
    """One entry of a transaction on its way."""

    full_url: str
    call: Call
    answer: Answer | None = None
    target: str = ""  # what links to the entry's fullUrl shall name


def bundle_response(interactions: Interactions, bundle: object, base: str) -> Json:
    """Process a batch or transaction Bundle into its response Bundle."""
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        raise bad_request("A Bundle is expected at the base.")
    entries = bundle.get("entry", [])
    if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        raise bad_request("A Bundle's entry is a list of objects.", "structure")
    if bundle.get("type") == "batch":
        return _response("batch-response", [_alone(interactions, each, base) for each in entries])
    if bundle.get("type") == "transaction":
        return _response("transaction-response", _together(interactions, entries, base))
    raise bad_request(f"A batch or transaction is expected, not {bundle.get('type')!r}.")


def _response(kind: str, entries: list[Json]) -> Json:
    bundle: Json = {"resourceType": "Bundle", "type": kind}
    return bundle | {"entry": entries} if entries else bundle


def _alone(interactions: Interactions, entry: Json, base: str) -> Json:
    try:
        return _told(interactions.perform(_call(entry, base)))
    except FhirError as error:
        status = f"{error.status} {HTTPStatus(error.status).phrase}"
        return {"response": {"status": status, "outcome": error.outcome}}


def _together(interactions: Interactions, entries: list[Json], base: str) -> list[Json]:
    steps = [_step(each, base) for each in entries]
    changed = [each.call.path for each in steps if each.call.method in ("PUT", "DELETE")]
    if len(set(changed)) < len(changed):
        raise bad_request("A transaction may change each resource only once.")
    with interactions.store.atomic():
        _perform(interactions, steps)
    return [_told(each.answer) for each in steps if each.answer]


def _perform(interactions: Interactions, steps: list[_Step]) -> None:
    """Carry the steps out in FHIR's order, whatever their order in the Bundle."""
    deletes, creates, updates, reads = (
        [each for each in steps if each.call.method == method] for method in _ORDER
    )
    for step in deletes:
        _carry_out(interactions, step)
    for step in creates:
        _promise(interactions, step)
    known = {each.full_url: each.target for each in creates + updates if each.full_url}
    writes = [each for each in creates + updates if not each.answer]
    for step in writes:
        _carry_out(interactions, step, known)
    new = [each.answer.resource for each in writes if each.answer and each.answer.resource]
    settle(interactions.store, interactions.searches, new, lenient=False)
    for step in reads:
        _carry_out(interactions, step)


def _promise(interactions: Interactions, step: _Step) -> None:
    """Decide what a create will come to, so that others may link to it before it is there."""
    kind = step.call.path
    if existing := interactions.existing(step.call, kind):
        step.answer = written(HTTPStatus.OK, existing, step.call.base)
        step.target = f"{kind}/{existing['id']}"
        return
    step.call = replace(step.call, new_id=str(uuid4()), if_none_exist="")
    step.target = f"{kind}/{step.call.new_id}"


def _carry_out(
    interactions: Interactions, step: _Step, known: dict[str, str] | None = None
) -> None:
    if known and isinstance(step.call.resource, dict):
        step.call = replace(step.call, resource=relink(step.call.resource, known))
    try:
        step.answer = interactions.perform(step.call)
    except FhirError as error:
        where = f"{step.call.method} {step.call.path}: {error.diagnostics}"
        raise FhirError(error.status, error.code, where) from error


def _step(entry: Json, base: str) -> _Step:
    call = _call(entry, base)
    full_url = entry.get("fullUrl")
    return _Step(full_url if isinstance(full_url, str) else "", call, target=call.path)


def _call(entry: Json, base: str) -> Call:
    """The interaction a Bundle's entry asks for."""
    request = entry.get("request")
    asked = request if isinstance(request, dict) else {}
    method, url = asked.get("method"), asked.get("url")
    if method not in _ORDER or not isinstance(url, str):
        raise bad_request(f"An entry's request needs a url and one of {', '.join(_ORDER)}.")
    path, _, query = url.removeprefix(base).lstrip("/").partition("?")
    return Call(
        method,
        path,
        base,
        query=parse_qsl(query),
        resource=entry.get("resource"),
        if_match=str(asked.get("ifMatch", "")),
        if_none_exist=str(asked.get("ifNoneExist", "")),
    )


def _told(answer: Answer) -> Json:
    """An answer as an entry of the response Bundle; only what was read is sent along."""
    status = f"{answer.status.value} {answer.status.phrase}"
    response = {"status": status, **answer.headers}
    if answer.resource is None:
        return {"response": response}
    if "location" not in answer.headers:
        return {"resource": answer.resource, "response": response}
    return {"response": response | {"lastModified": answer.resource["meta"]["lastUpdated"]}}
