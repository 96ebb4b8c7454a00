"""The short way: a list that is just as FHIR has it, read from JSON into what is asked in one pass.

Whatever is not quite that (a null, one object for an array, a label, another patient's entry, an
outcome among the entries, a repeated id) sends the whole list the long way, through `reading`,
which takes several times as long and says the same.
"""

from collections.abc import Sequence
from typing import Any, Final, Generic, Literal, NamedTuple, TypeVar

import msgspec

from prefetch.administration import MedicationAdministration
from prefetch.allergy import AllergyIntolerance
from prefetch.condition import ConditionRead
from prefetch.medication import MedicationRequest
from prefetch.observation import ObservationRead
from prefetch.reading import MOST_ENTRIES

T = TypeVar("T")
Plain = (
    AllergyIntolerance
    | ConditionRead
    | MedicationAdministration
    | MedicationRequest
    | ObservationRead
)


class _Entry(msgspec.Struct, Generic[T], gc=False):
    resource: T


class _Link(msgspec.Struct, gc=False):
    relation: str = ""
    url: str = ""


class _Page(msgspec.Struct, Generic[T], rename="camel", gc=False):
    resource_type: Literal["Bundle"]
    entry: list[_Entry[T]]
    link: list[_Link] = []


_DECODERS: Final[dict[str, msgspec.json.Decoder[_Page[Any]]]] = {
    "AllergyIntolerance": msgspec.json.Decoder(_Page[AllergyIntolerance]),
    "MedicationAdministration": msgspec.json.Decoder(_Page[MedicationAdministration]),
    "MedicationRequest": msgspec.json.Decoder(_Page[MedicationRequest]),
    "Condition": msgspec.json.Decoder(_Page[ConditionRead]),
    "Observation": msgspec.json.Decoder(_Page[ObservationRead]),
}


class PlainList(NamedTuple):
    """What was read, and where its last page says that there is more; "" when it does not."""

    resources: list[Plain]
    next_link: str


def read_plain(
    pages: Sequence[bytes | msgspec.Raw], kind: str, patient_id: str
) -> PlainList | None:
    """A list of `kind` about this patient; None when it must go the long way."""
    decoder = _DECODERS.get(kind)
    if decoder is None or not pages:
        return None
    try:
        read = [decoder.decode(page) for page in pages]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    found: list[Plain] = [entry.resource for page in read for entry in page.entry]
    if len(found) > MOST_ENTRIES:
        return None
    ids = {r.id.strip() for r in found}
    whose = {r.who.reference for r in found}
    if len(ids) < len(found) or "" in ids or whose != {f"Patient/{patient_id}"}:
        return None
    more = (link.url.strip() for link in read[-1].link if link.relation == "next")
    return PlainList(found, next(more, ""))
