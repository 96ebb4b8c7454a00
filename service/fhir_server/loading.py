"""Taking in an exported chart, whatever kind of Bundle it came in, with its own ids kept."""

from collections.abc import Iterable
from typing import Final
from uuid import uuid4

from service.fhir_server.outcome import Json, bad_request
from service.fhir_server.references import relink, settle
from service.fhir_server.resource_types import RESOURCE_TYPES
from service.fhir_server.search import Searches
from service.fhir_server.store import Store

_URN: Final = "urn:uuid:"


def load(store: Store, searches: Searches, chart: Json, base: str) -> None:
    """Store a resource, or every resource of a Bundle with its links made relative."""
    bundled = chart.get("resourceType") == "Bundle"
    found = list(_resources(chart.get("entry", []) if bundled else [{"resource": chart}]))
    known = {url: f"{each['resourceType']}/{each['id']}" for url, each in found if url}
    written = [store.put(relink(each, known, base)) for _, each in found]
    settle(store, searches, written, lenient=True)


def _resources(entries: Iterable[Json]) -> Iterable[tuple[str, Json]]:
    """Each entry's fullUrl and resource; what a server only remarks on a search is no chart."""
    for entry in entries:
        resource, url = entry.get("resource"), entry.get("fullUrl", "")
        if not resource or resource.get("resourceType") == "OperationOutcome":
            continue
        if resource.get("resourceType") not in RESOURCE_TYPES:
            raise bad_request(f"{resource.get('resourceType')!r} is no R4 resource type.")
        urn = url.removeprefix(_URN) if url.startswith(_URN) else ""
        yield url, {**resource, "id": resource.get("id") or urn or str(uuid4())}
