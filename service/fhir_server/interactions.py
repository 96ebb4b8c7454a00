"""The RESTful interactions, asked for alike by an HTTP request and by a Bundle's entry."""

from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl
from uuid import uuid4

from service.fhir_server.outcome import FhirError, Json, bad_request
from service.fhir_server.references import relink
from service.fhir_server.resource_types import RESOURCE_TYPES
from service.fhir_server.search import Pairs, Searches
from service.fhir_server.store import Store


@dataclass(frozen=True)
class Call:
    """One interaction asked for; `path` is relative to the base, as in `Patient/1`."""

    method: str
    path: str
    base: str
    query: Pairs = ()
    resource: object = None
    if_match: str = ""
    if_none_exist: str = ""
    strict: bool = False
    new_id: str = ""  # the id a transaction has promised to what this creates


@dataclass(frozen=True)
class Answer:
    """What an interaction came to."""

    status: HTTPStatus
    resource: Json | None = None
    headers: dict[str, str] = field(default_factory=dict)


class Interactions:
    """Performs interactions on one store."""

    def __init__(self, store: Store, searches: Searches) -> None:
        self.store = store
        self.searches = searches

    def perform(self, call: Call) -> Answer:
        """The answer to a call; raises `FhirError` for one that cannot be met."""
        resource_type, _, rest = call.path.partition("/")
        if resource_type not in RESOURCE_TYPES:
            raise FhirError(404, "not-supported", f"{resource_type!r} is no R4 resource type.")
        if "/" in rest:
            raise FhirError(404, "not-supported", f"Nothing is served at {call.path}.")
        level = _level(rest)
        if not (interaction := _INTERACTIONS[level].get(call.method)):
            allowed = ", ".join(_INTERACTIONS[level])
            raise not_allowed(call.method, call.path, allowed)
        return interaction(self, call, resource_type, rest)

    def read(self, _call: Call, resource_type: str, resource_id: str) -> Answer:
        """The resource as it stands."""
        resource = self.store.read(resource_type, resource_id)
        return Answer(HTTPStatus.OK, resource, {"etag": etag(resource)})

    def search(self, call: Call, resource_type: str, _rest: str) -> Answer:
        """One page of what matches."""
        bundle = self.searches.search(resource_type, call.query, strict=call.strict, base=call.base)
        return Answer(HTTPStatus.OK, bundle)

    def create(self, call: Call, resource_type: str, _rest: str) -> Answer:
        """A new resource under an id of the server's choice, unless the condition finds one."""
        resource = _body(call, resource_type)
        if existing := self.existing(call, resource_type):
            return written(HTTPStatus.OK, existing, call.base)
        new = {**resource, "id": call.new_id or str(uuid4())}
        return written(HTTPStatus.CREATED, self.store.put(relink(new, {}, call.base)), call.base)

    def existing(self, call: Call, resource_type: str) -> Json | None:
        """The one resource that If-None-Exist names, if any; 412 when it names several."""
        if not call.if_none_exist:
            return None
        found = self.searches.matches(resource_type, parse_qsl(call.if_none_exist))
        if len(found) > 1:
            raise FhirError(412, "multiple-matches", f"{call.if_none_exist} names {len(found)}.")
        return found[0] if found else None

    def update(self, call: Call, resource_type: str, resource_id: str) -> Answer:
        """The next version of a resource, or its first under an id of the client's choice."""
        resource = _body(call, resource_type)
        if resource.get("id") != resource_id:
            raise bad_request(f"The resource's id must be {resource_id!r}, as in the address.")
        self._check_version(call, resource_type, resource_id)
        known = self.store.get(resource_type, resource_id)
        status = HTTPStatus.OK if known else HTTPStatus.CREATED
        return written(status, self.store.put(relink(resource, {}, call.base)), call.base)

    def delete(self, call: Call, resource_type: str, resource_id: str) -> Answer:
        """The resource gone; that it never was is no error."""
        self._check_version(call, resource_type, resource_id)
        self.store.delete(resource_type, resource_id)
        return Answer(HTTPStatus.NO_CONTENT)

    def _check_version(self, call: Call, resource_type: str, resource_id: str) -> None:
        if not call.if_match:
            return
        current = self.store.get(resource_type, resource_id)
        if current is None or etag(current) != call.if_match:
            raise FhirError(412, "conflict", f"{call.path} is not at version {call.if_match}.")


def etag(resource: Json) -> str:
    """The resource's version as an ETag."""
    return f'W/"{resource["meta"]["versionId"]}"'


def written(status: HTTPStatus, resource: Json, base: str) -> Answer:
    """The answer that says where a resource now is, and at which version."""
    location = f"{base}/{resource['resourceType']}/{resource['id']}"
    return Answer(status, resource, {"etag": etag(resource), "location": location})


def not_allowed(method: str, path: str, allowed: str) -> FhirError:
    """A method that the address does not have, and those it has."""
    told = f"{method} is not for {path or 'the base'}."
    return FhirError(405, "not-supported", told, {"allow": allowed})


def _body(call: Call, resource_type: str) -> Json:
    resource = call.resource
    if not isinstance(resource, dict):
        raise bad_request("A resource, as a JSON object, is expected.", "structure")
    if (kind := resource.get("resourceType")) != resource_type:
        raise bad_request(f"A {resource_type} is expected here, not {kind!r}.")
    return resource


def _level(rest: str) -> str:
    if rest == "_search":
        return rest
    return "instance" if rest else "type"


_INTERACTIONS: Final[dict[str, dict[str, Callable[[Interactions, Call, str, str], Answer]]]] = {
    "type": {"GET": Interactions.search, "POST": Interactions.create},
    "_search": {"POST": Interactions.search},
    "instance": {
        "GET": Interactions.read,
        "PUT": Interactions.update,
        "DELETE": Interactions.delete,
    },
}
