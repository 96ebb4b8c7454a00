"""Resources and their versions. A stored resource is replaced, never altered."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from service.fhir_server.outcome import FhirError, Json


class Store:
    """Every resource by type and id, and how many versions each has had, deletions included."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._current: dict[str, dict[str, Json]] = {}
        self._versions: dict[tuple[str, str], int] = {}

    def all(self, resource_type: str) -> list[Json]:
        """The resources of one type, in the order they were first stored."""
        return list(self._current.get(resource_type, {}).values())

    def get(self, resource_type: str, resource_id: str) -> Json | None:
        """The resource as it stands, or None when it is unknown or deleted."""
        return self._current.get(resource_type, {}).get(resource_id)

    def read(self, resource_type: str, resource_id: str) -> Json:
        """The resource as it stands; 404 when there never was one, 410 when it was deleted."""
        if (resource := self.get(resource_type, resource_id)) is not None:
            return resource
        name = f"{resource_type}/{resource_id}"
        if (resource_type, resource_id) in self._versions:
            raise FhirError(410, "deleted", f"{name} has been deleted.")
        raise FhirError(404, "not-found", f"{name} is not known here.")

    def put(self, resource: Json) -> Json:
        """Store a resource, which has its id, as the next version of itself."""
        key = (resource["resourceType"], resource["id"])
        self._versions[key] = self._versions.get(key, 0) + 1
        meta = resource.get("meta")
        kept = meta if isinstance(meta, dict) else {}
        stamp = {
            "versionId": str(self._versions[key]),
            "lastUpdated": self._clock().isoformat(timespec="milliseconds"),
        }
        return self.amend({**resource, "meta": {**kept, **stamp}})

    def amend(self, resource: Json) -> Json:
        """Replace a resource within its version, before anyone has seen it."""
        self._current.setdefault(resource["resourceType"], {})[resource["id"]] = resource
        return resource

    def delete(self, resource_type: str, resource_id: str) -> None:
        """Delete a resource if it is there; the deletion counts as a version."""
        if self._current.get(resource_type, {}).pop(resource_id, None) is not None:
            self._versions[resource_type, resource_id] += 1

    def clear(self) -> None:
        """Forget everything, also that anything was ever deleted."""
        self._current.clear()
        self._versions.clear()

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """All that is written inside stays, or, when an exception leaves the block, none of it."""
        current = {name: dict(resources) for name, resources in self._current.items()}
        versions = dict(self._versions)
        try:
            yield
        except BaseException:
            self._current, self._versions = current, versions
            raise
