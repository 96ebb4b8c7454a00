"""Reading what came under a key: resources, and everything that makes the list less than whole.

The meaning of each shape a sender may put under a prefetch key, or a server may answer with:

| what came | means |
|---|---|
| null | known to be empty |
| Bundles without a match whose total is more than their entries | not obtained: truncated |
| a resource of the type asked for | that resource |
| a Bundle of any type, or none | its entries; no entries is known to be empty |
| an array of resources | as a Bundle of them |
| an OperationOutcome that says "none found" | known to be empty |
| any other OperationOutcome | not obtained: outcome |
| an OperationOutcome among entries: error, or "list is incomplete" | the rest, not whole: outcome |
| an entry that is no resource | the rest, not whole: malformed |
| entries of other types beside those asked for | included resources |
| entries of other types only | not obtained: malformed |
| an entry marked as redacted | the rest, not whole: redacted |
| an entry about another patient | the rest, not whole: wrong-patient |
| more than 10,000 entries | the first of them, not whole: truncated |
| anything else | not obtained: malformed |
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from prefetch.coding import as_list, as_text
from prefetch.outcomes import is_outcome, says_incomplete, says_none_found
from prefetch.references import Resource, names_other_patient
from prefetch.states import Reason

# More of one list is not read. It is twice what we read of a server's pages (`client.Bounds`).
MOST_ENTRIES: Final = 10_000
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
_REDACTION_CODES: Final = frozenset({"REDACTED", "MASKED"})


@dataclass(slots=True)
class Reading:
    """What was read.

    Attributes:
        resources: those of the type asked for, about this patient.
        included: resources of other types that came along (an `_include`d Medication).
        reason: why the list is not whole; None when it is.
        promised: how many matches the pages themselves say that there are.
        shown: how many entries they have.
    """

    resources: list[Resource] = field(default_factory=list)
    included: list[Resource] = field(default_factory=list)
    reason: Reason | None = None
    promised: int = 0
    shown: int = 0

    def add(self, resource: Any, kind: str, patient_id: str) -> None:
        """Take one entry's resource, or note why it cannot be taken."""
        if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
            self.reason = Reason.MALFORMED
        elif is_outcome(resource):
            if says_incomplete(resource):
                self.reason = Reason.OUTCOME
        elif names_other_patient(resource, patient_id):
            self.reason = Reason.WRONG_PATIENT
        elif is_redacted(resource):
            self.reason = Reason.REDACTED
        elif resource["resourceType"] == kind:
            self.resources.append(resource)
        else:
            self.included.append(resource)


def read(pages: Iterable[bytes | msgspec.Raw], kind: str, patient_id: str) -> Reading:
    """Read the pages of one answer as a list of `kind`; never raises for odd data."""
    reading = Reading()
    for page in pages:
        _read_page(page, kind, patient_id, reading)
    if reading.included and not reading.resources:
        reading.reason = Reason.MALFORMED
    if not reading.resources and reading.promised > reading.shown:
        reading.reason = reading.reason or Reason.TRUNCATED
    reading.resources = _newest_of_each(reading.resources)
    if kind == "Patient" and any(r.get("id") not in (None, patient_id) for r in reading.resources):
        reading.resources, reading.reason = [], Reason.WRONG_PATIENT
    return reading


def is_redacted(resource: Resource) -> bool:
    """Whether a security label says that the content was withheld."""
    meta = resource.get("meta")
    labels = as_list(meta.get("security")) if isinstance(meta, dict) else []
    codes = (label.get("code") for label in labels if isinstance(label, dict))
    return any(as_text(code) in _REDACTION_CODES for code in codes)


def _read_page(page: bytes | msgspec.Raw, kind: str, patient_id: str, reading: Reading) -> None:
    try:
        value = msgspec.json.decode(page)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        reading.reason = Reason.MALFORMED
        return
    if value is None:
        return
    if isinstance(value, dict) and is_outcome(value):
        if not says_none_found(value):
            reading.reason = Reason.OUTCOME
        return
    entries = _entries(value, kind)
    if entries is None:
        reading.reason = Reason.MALFORMED
        return
    reading.promised = max(reading.promised, _total(value))
    room = MOST_ENTRIES - reading.shown
    if len(entries) > room:
        reading.reason = Reason.TRUNCATED
    reading.shown += len(entries)
    for resource in entries[: max(room, 0)]:
        reading.add(resource, kind, patient_id)


def _total(bundle: Any) -> int:
    """How many matches a Bundle says that its search has; 0 when it does not say."""
    total = bundle.get("total") if isinstance(bundle, dict) else None
    return total if isinstance(total, int) else 0


def _entries(value: Any, kind: str) -> list[Any] | None:
    """The resources in a value; None when it is no answer to a query for `kind`."""
    if isinstance(value, list):
        return value or None
    if not isinstance(value, dict):
        return None
    if value.get("resourceType") == "Bundle":
        entries = as_list(value.get("entry"))
        return [e.get("resource") if isinstance(e, dict) else None for e in entries]
    return [value] if value.get("resourceType") == kind else None


def _newest_of_each(resources: list[Resource]) -> list[Resource]:
    """Each id once, the newest version of it: pages of one search may repeat a resource."""
    keys = [as_text(resource.get("id")) or id(resource) for resource in resources]
    if len(set(keys)) == len(keys):
        return resources
    newest: dict[str | int, Resource] = {}
    for key, resource in zip(keys, resources, strict=True):
        if key not in newest or _updated(resource) > _updated(newest[key]):
            newest[key] = resource
    return list(newest.values())


def _updated(resource: Resource) -> datetime:
    meta = resource.get("meta")
    when = meta.get("lastUpdated") if isinstance(meta, dict) else None
    try:
        return datetime.fromisoformat(as_text(when)).astimezone(UTC)
    except (ValueError, OverflowError):
        return _LONG_AGO
