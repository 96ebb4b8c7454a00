"""Medication orders of the demo EHR: drafting, editing and signing them, and showing them.

A draft is stored on the FHIR server with status draft. Its groupIdentifier says in which ordering
session it was written; its identifier, a UUID, lets a repeated create find what the first one made.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from prefetch.coding import as_list, as_text, concept
from prefetch.systems import RXNORM
from rules._knowledge import tables

Json = dict[str, Any]

URI: Final = "urn:ietf:rfc:3986"
SESSIONS: Final = "urn:cardwise:demo:ordering-session"
ICD_10_CM: Final = "http://hl7.org/fhir/sid/icd-10-cm"
USER: Final = "Practitioner/demo"
LONGEST: Final = 500

_INDICATIONS: Final = tables.rows(tables.SHIPPED, "indications")
#: What an order may be for, by ICD-10-CM code: that for which there are alternatives to drugs.
REASONS: Final = {
    code: meaning for _, _, system, code, meaning, _ in _INDICATIONS if system == "icd-10-cm"
}


@dataclass(frozen=True, slots=True)
class Order:
    """An order as the page shows it.

    Attributes:
        reference: `MedicationRequest/id`.
        version: of the resource, to be sent back as If-Match.
        drug: what is ordered, in words.
        code: its RxNorm code; "" when it has none.
        directions: how to take it.
        reason: the code of what it is for; "" when not said.
        status: FHIR's.
        written: the day it was signed; "" for a draft.
        resource: the whole of it.
    """

    reference: str
    version: str
    drug: str
    code: str
    directions: str
    reason: str
    status: str
    written: str
    resource: Json

    @property
    def id(self) -> str:
        """The id alone."""
        return self.reference.partition("/")[2]

    @property
    def act(self) -> str:
        """The UUID of the act that made it; "" when it was not made here."""
        listed = [each for each in as_list(self.resource.get("identifier")) if each]
        return as_text(listed[-1].get("value")) if listed else ""

    @property
    def reason_words(self) -> str:
        """What it is for, in words."""
        return REASONS.get(self.reason, "")


def draft(patient: str, session: str, key: str, drug: Json) -> Json:
    """A new draft.

    Args:
        patient: FHIR id.
        session: the ordering session.
        key: a UUID that stands for this act of ordering.
        drug: the CodeableConcept.
    """
    return {
        "resourceType": "MedicationRequest",
        "identifier": [identifier(key)],
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": drug,
        "subject": {"reference": f"Patient/{patient}"},
        "requester": {"reference": USER},
        "groupIdentifier": {"system": SESSIONS, "value": session},
    }


def adopted(resource: Json, session: str, key: str) -> Json:
    """An order that a service suggests, as a draft of ours."""
    own = {name: value for name, value in resource.items() if name not in ("id", "meta")}
    return own | {
        "identifier": [*as_list(own.get("identifier")), identifier(key)],
        "status": "draft",
        "groupIdentifier": {"system": SESSIONS, "value": session},
    }


def identifier(key: str) -> Json:
    """The identifier that stands for an act of ordering."""
    return {"system": URI, "value": f"urn:uuid:{key}"}


def coded(code: str, name: str) -> Json:
    """A drug by RxNorm."""
    return {"coding": [{"system": RXNORM, "code": code, "display": name}], "text": name}


def edited(order: Json, directions: str, reason: str) -> Json:
    """The order with other directions and another reason."""
    kept = {k: v for k, v in order.items() if k not in ("dosageInstruction", "reasonCode")}
    if directions:
        kept["dosageInstruction"] = [{"text": directions[:LONGEST]}]
    if reason in REASONS:
        coding = {"system": ICD_10_CM, "code": reason, "display": REASONS[reason]}
        kept["reasonCode"] = [{"coding": [coding], "text": REASONS[reason]}]
    return kept


def signed(order: Json, now: datetime) -> Json:
    """The order as it is once it is signed."""
    return order | {"status": "active", "authoredOn": now.isoformat(timespec="seconds")}


def stopped(order: Json) -> Json:
    """The order as it is once it is stopped."""
    return order | {"status": "stopped"}


def shown(resource: Json) -> Order:
    """An order for the page, from any resource the server may hold."""
    drug = concept(resource.get("medicationCodeableConcept"))
    link = resource.get("medicationReference")
    named = as_text(link.get("display")) if isinstance(link, dict) else ""
    sigs = [each for each in as_list(resource.get("dosageInstruction")) if isinstance(each, dict)]
    reason = concept(resource.get("reasonCode"))
    meta = resource.get("meta")
    return Order(
        reference=f"MedicationRequest/{resource.get('id')}",
        version=as_text(meta.get("versionId")) if isinstance(meta, dict) else "",
        drug=drug.label or named or "a drug that nothing names",
        code=next((c.code for c in drug.codings if c.system == RXNORM), ""),
        directions="; ".join(filter(None, (as_text(sig.get("text")) for sig in sigs))),
        reason=next((c.code for c in reason.codings), ""),
        status=as_text(resource.get("status")),
        written=as_text(resource.get("authoredOn"))[:10],
        resource=resource,
    )


def session_of(resource: Json) -> str:
    """The ordering session a draft belongs to; "" when it says none of ours."""
    group = resource.get("groupIdentifier")
    return as_text(group.get("value")) if isinstance(group, dict) else ""


def drafts_of(orders: Iterable[Order], session: str) -> list[Order]:
    """The unsigned orders of a session, in their order."""
    return [o for o in orders if o.status == "draft" and session_of(o.resource) == session]
