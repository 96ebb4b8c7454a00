"""What an EHR sends when a hook fires: the envelope every hook shares.

Standard: CDS Hooks 3.0.0-ballot, "Calling a CDS Service" and "FHIR Resource Access".
The envelope is read in one pass. Prefetch values stay as bytes: most are never read, and each is
decoded only when a rule asks for it.
"""

import json
import re
from collections import Counter
from functools import cache, cached_property
from typing import Annotated, Any, Final, NamedTuple, Self, TypeVar

import msgspec
from msgspec.structs import fields

from hooks.errors import MalformedRequest, Problem, TooMuch
from hooks.nesting import MOST_LEVELS, too_deep

T = TypeVar("T")
Prefetch = dict[str, msgspec.Raw]

_UNSAFE_ID: Final = re.compile(r"[\s/?#&%{}|,$\\]")


class FhirAuthorization(msgspec.Struct, frozen=True):
    """The delegated token. Only `access_token` is needed; senders leave out or bend the rest."""

    access_token: str
    expires_in: Any = None
    scope: Any = None
    patient: Any = None

    def __repr__(self) -> str:
        """A form that can be logged: the token never prints."""
        return "FhirAuthorization(access_token=…)"


class Envelope(msgspec.Struct, frozen=True):
    """What every hook's request has, as it is sent."""

    hook: Annotated[str, msgspec.Meta(min_length=1)]
    hookInstance: Annotated[str, msgspec.Meta(min_length=1)]
    context: msgspec.Raw
    fhirServer: str | None = None
    fhirAuthorization: FhirAuthorization | None = None
    prefetch: Prefetch | None = None
    extension: Any = None


class DraftEntry(NamedTuple):
    """One entry of the Bundle of unsigned orders: its place, its fullUrl or "", its resource."""

    place: int
    full_url: str
    resource: dict[str, Any]


class Context(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The context fields that every published order and chart hook has.

    Attributes:
        patient_id: FHIR id of the patient in context, without `Patient/`.
        user_id: the user, `[ResourceType]/[id]`.
        encounter_id: FHIR id of the encounter, without `Encounter/`; None outside one.
    """

    patient_id: str = msgspec.field(name="patientId")
    user_id: str = msgspec.field(name="userId")
    encounter_id: str | None = msgspec.field(name="encounterId", default=None)

    def __post_init__(self) -> None:
        """Accept a reference where an id is due, and refuse what is no id.

        Raises:
            ValueError: an id is empty or holds characters no FHIR id has.
        """
        patient = _bare_id("patientId", self.patient_id, "Patient")
        msgspec.structs.force_setattr(self, "patient_id", patient)
        if not self.user_id.strip():
            raise ValueError("expected `userId` as [ResourceType]/[id], got an empty string")
        if self.encounter_id is not None:
            encounter = self.encounter_id.strip() and _bare_id(
                "encounterId", self.encounter_id, "Encounter"
            )
            msgspec.structs.force_setattr(self, "encounter_id", encounter or None)

    @cached_property
    def draft_entries(self) -> list[DraftEntry]:
        """The entries of the Bundle of unsigned orders; hooks without orders have none."""
        return []

    @cached_property
    def draft_resources(self) -> list[dict[str, Any]]:
        """The resources of `draft_entries`."""
        return [entry.resource for entry in self.draft_entries]

    @property
    def selected(self) -> frozenset[str] | None:
        """References of the orders just picked; None when all drafts are meant."""
        return None

    def trying(self, removed: str, tried: dict[str, Any]) -> Self:  # noqa: ARG002 - see the orders
        """The same context with another order in place of a draft; without orders, itself."""
        return self


class HookRequest(msgspec.Struct, frozen=True):
    """A request whose envelope has been checked; `context` is typed for its hook."""

    hook: str
    hook_instance: str
    context: Context
    fhir_server: str | None
    authorization: FhirAuthorization | None
    prefetch: Prefetch
    extension: dict[str, Any]


def read_request(body: bytes, contexts: dict[str, type[Context]], most: int = 1000) -> HookRequest:
    """Read and check a service call.

    Args:
        body: the POSTed JSON.
        contexts: the context type of each hook that is understood.
        most: draft orders, selections and prefetch keys that are taken.

    Raises:
        MalformedRequest: not JSON, a required field is missing, or a field has the wrong type.
        TooMuch: there are more of something.
    """
    envelope = decode(body, Envelope, "")
    context_type = contexts.get(envelope.hook)
    if context_type is None:
        known = ", ".join(sorted(contexts))
        raise MalformedRequest(
            Problem(f"Expected one of the hooks {known}.", "hook", "not-supported")
        )
    prefetch = envelope.prefetch or {}
    within(most, "prefetch keys", len(prefetch), "prefetch")
    return HookRequest(
        hook=envelope.hook,
        hook_instance=envelope.hookInstance,
        context=_context(envelope.context, context_type, most),
        fhir_server=(envelope.fhirServer or "").strip() or None,
        authorization=_usable(envelope.fhirAuthorization),
        prefetch=prefetch,
        extension=envelope.extension if isinstance(envelope.extension, dict) else {},
    )


def decode(data: bytes | msgspec.Raw, kind: type[T], where: str) -> T:
    """Decode JSON as `kind`.

    Raises:
        MalformedRequest: with the path of what is wrong, below `where`, and no value of it.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as error:
        raise MalformedRequest(_problem(str(error), where)) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        text = "Expected a JSON object in UTF-8; the text could not be parsed as JSON."
        raise MalformedRequest(Problem(text, where, "structure")) from None
    except RecursionError:
        raise _too_deep(where) from None


def within(most: int, what: str, came: int, where: str) -> None:
    """Check a number against its limit.

    Raises:
        TooMuch: it is over it.
    """
    if came > most:
        raise TooMuch(what, most, came, where)


def _context(raw: msgspec.Raw, kind: type[Context], most: int) -> Context:
    if too_deep(bytes(raw)):
        raise _too_deep("context")
    context = decode(raw, kind, "context")
    _refuse_doubles(bytes(raw), kind)
    within(most, "draft orders", len(context.draft_entries), "context.draftOrders.entry")
    within(most, "selections", len(context.selected or ()), "context.selections")
    return context


def _refuse_doubles(context: bytes, kind: type[Context]) -> None:
    """Refuse a context that says something twice: readers differ in which they take."""
    escaped = b"\\u" in context  # as a name may be
    if not escaped and not any(context.count(name) > 1 for name in _quoted_names(kind)):
        return
    members: list[tuple[str, Any]] = json.loads(
        context, object_pairs_hook=lambda pairs: pairs, parse_int=str
    )
    counted = Counter(name for name, _ in members)
    doubled = [name for field in fields(kind) if counted[name := field.encode_name] > 1]
    if doubled:
        text = "Expected each member of the context once."
        raise MalformedRequest(*(Problem(text, f"context.{name}", "structure") for name in doubled))


@cache
def _quoted_names(kind: type[Context]) -> tuple[bytes, ...]:
    return tuple(f'"{field.encode_name}"'.encode() for field in fields(kind))


def _too_deep(where: str) -> MalformedRequest:
    text = f"Expected JSON of at most {MOST_LEVELS} levels."
    return MalformedRequest(Problem(text, where, "too-long"))


def _usable(authorization: FhirAuthorization | None) -> FhirAuthorization | None:
    """The authorization, unless its token is blank: some senders leave the member in, empty."""
    return authorization if authorization and authorization.access_token.strip() else None


def _problem(message: str, where: str) -> Problem:
    """Split msgspec's "Expected `str`, got `int` - at `$.hook`" into text and place."""
    text, _, path = message.partition(" - at `")
    inner = path.rstrip("`").removeprefix("$").lstrip(".")
    field = re.search(r"required field `(\w+)`", text)
    parts = [where, inner, field.group(1) if field else ""]
    code = "required" if field else "structure"
    return Problem(text + ".", ".".join(p for p in parts if p), code)


def _bare_id(field: str, value: str, kind: str) -> str:
    """The id without its type: many senders put `Patient/123` where `123` is due."""
    bare = value.strip().removeprefix(f"{kind}/")
    if not bare:
        raise ValueError(f"Expected `{field}` as a FHIR id, got an empty string")
    if _UNSAFE_ID.search(bare):
        raise ValueError(
            f"Expected `{field}` as a FHIR id (letters, digits, - and .), "
            "got a string with other characters"
        )
    return bare
