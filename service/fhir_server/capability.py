"""The CapabilityStatement: what this server can do, read off what it does."""

from service.fhir_server.outcome import Json
from service.fhir_server.parameters import parameters
from service.fhir_server.resource_types import RESOURCE_TYPES


def capability_statement(base: str, now: str) -> Json:
    """The answer to `metadata`."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": now,
        "kind": "instance",
        "software": {"name": "Cardwise in-memory FHIR server"},
        "implementation": {"description": "A small FHIR server in memory", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json"],
        "rest": [
            {
                "mode": "server",
                "security": {"cors": True},
                "resource": [_resource(name) for name in sorted(RESOURCE_TYPES)],
                "interaction": [{"code": "transaction"}, {"code": "batch"}],
            }
        ],
    }


def _resource(resource_type: str) -> Json:
    known = parameters(resource_type)
    codes = ("read", "create", "update", "delete", "search-type")
    includes = [
        f"{resource_type}:{name}" for name, each in known.items() if each.kind == "reference"
    ]
    resource: Json = {
        "type": resource_type,
        "interaction": [{"code": code} for code in codes],
        "versioning": "versioned",
        "readHistory": False,
        "updateCreate": True,
        "conditionalCreate": True,
        "searchParam": [{"name": name, "type": each.kind} for name, each in known.items()],
    }
    return resource | {"searchInclude": includes} if includes else resource
