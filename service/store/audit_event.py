"""One call of the audit trail as a FHIR R4 AuditEvent (https://hl7.org/fhir/R4/auditevent.html).

Codes are those of the value sets R4 binds to each element: audit-event-type, audit-event-sub-type,
audit-event-action, audit-event-outcome, participation-role-type (with DICOM's), audit-source-type,
audit-entity-type and object-role.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

Json = dict[str, Any]

_HL7: Final = "http://terminology.hl7.org/CodeSystem"
_DICOM: Final = "http://dicom.nema.org/resources/ontology/DCM"
# Whose values are keyed hashes of ids, made by this service.
HASHED: Final = "urn:uuid:0b0c7b0e-6c57-4d0c-a7a5-2f0a9a3f8f55"
_CALL: Final = "urn:uuid:6b6c2d60-1b61-4f2b-9d1b-9d7a8c1f6a41"
_SUCCESS, _MINOR_FAILURE, _SERIOUS_FAILURE = "0", "4", "8"
_SERVER_ERROR: Final = 500


def audit_event(row: Mapping[str, Any]) -> Json:
    """The AuditEvent of a row of `calls`."""
    return {
        "resourceType": "AuditEvent",
        "id": f"{row['writer']}-{row['number']}",
        "type": _coding(f"{_HL7}/audit-event-type", "rest", "RESTful Operation"),
        "subtype": [_coding("http://hl7.org/fhir/restful-interaction", "operation", "operation")],
        "action": "E",
        "recorded": row["at"].isoformat(),
        "outcome": _outcome(row["status"]),
        "outcomeDesc": f"HTTP {row['status']}",
        "agent": list(_agents(row)),
        "source": {
            **({"site": row["tenant"]} if row["tenant"] else {}),
            "observer": {"display": "Cardwise"},
            "type": [_coding(f"{_HL7}/security-source-type", "4", "Application Server")],
        },
        "entity": list(_entities(row)),
    }


def _outcome(status: int) -> str:
    if status >= _SERVER_ERROR:
        return _SERIOUS_FAILURE
    return _MINOR_FAILURE if status >= 400 else _SUCCESS  # noqa: PLR2004 - HTTP's own


def _agents(row: Mapping[str, Any]) -> list[Json]:
    """The user, where the call names one, and the EHR that called."""
    person = []
    if row["user_id"]:
        kind = _coding(f"{_HL7}/extra-security-role-type", "humanuser", "human user")
        person = [{"type": {"coding": [kind]}, "who": _who(row, "user_id"), "requestor": True}]
    caller: Json = {
        "type": {"coding": [_coding(_DICOM, "110153", "Source Role ID")]},
        "requestor": not person,
    }
    if row["issuer"]:
        caller["who"] = {"identifier": {"value": row["issuer"]}}
    return [*person, caller]


def _entities(row: Mapping[str, Any]) -> list[Json]:
    """The patient, where the call names one, and the call itself: what ran, on what, with what."""
    patient: list[Json] = []
    if row["patient_id"]:
        patient = [
            {
                "what": _who(row, "patient_id"),
                "type": _coding(f"{_HL7}/audit-entity-type", "1", "Person"),
                "role": _coding(f"{_HL7}/object-role", "1", "Patient"),
            }
        ]
    call = {
        "type": _coding(f"{_HL7}/audit-entity-type", "2", "System Object"),
        "name": f"{row['service'] or 'unknown service'} {row['hook'] or ''}".strip(),
        "detail": list(_details(row)),
    }
    if row["hook_instance"]:
        call["what"] = {"identifier": {"system": _CALL, "value": row["hook_instance"]}}
    return [*patient, call]


def _details(row: Mapping[str, Any]) -> list[Json]:
    found = [("milliseconds", f"{row['microseconds'] / 1000:.3f}")]
    if row["request_id"]:
        found.append(("request-id", row["request_id"]))
    for column, word, say in (
        ("rules", "rule", _rule),
        ("data", "data", _datum),
        ("cards", "card", _card),
    ):
        found += [(word, say(each)) for each in msgspec.json.decode(row[column])]
    return [{"type": name, "valueString": text} for name, text in found]


def _rule(rule: Json) -> str:
    return f"{rule['id']} {rule['version']} {rule['status']}: {rule['end']}"


def _datum(piece: Json) -> str:
    reason = f" ({piece['reason']})" if "reason" in piece else ""
    return f"{piece['key']}: {piece['state']}{reason}"


def _card(card: Json) -> str:
    shown = "shown" if card["shown"] else "not shown"
    return f"{card['uuid']}: {card['rule']} {card['version']} {card['indicator']}, {shown}"


def _who(row: Mapping[str, Any], column: str) -> Json:
    """A hash as an identifier, for it refers to nothing; an id as the reference that it is."""
    if row["ids"] == "hashed":
        return {"identifier": {"system": HASHED, "value": row[column]}}
    return {"reference": row[column] if column == "user_id" else f"Patient/{row[column]}"}


def _coding(system: str, code: str, display: str) -> Json:
    return {"system": system, "code": code, "display": display}
