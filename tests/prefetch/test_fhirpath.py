"""The simpler FHIRPath of prefetch tokens, by the standard's own examples and beyond."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hooks.errors import ConfigurationError
from prefetch.fhirpath import Scope, evaluate, parse

DRAFTS = {
    "resourceType": "Bundle",
    "entry": [
        {
            "resource": {
                "resourceType": "MedicationRequest",
                "id": "m1",
                "medicationReference": {"reference": "Medication/x"},
                "requester": {"reference": "Practitioner/p"},
            }
        },
        {
            "resource": {
                "resourceType": "MedicationRequest",
                "id": "m2",
                "contained": [{"resourceType": "Medication", "id": "in", "code": {"text": "c"}}],
                "medicationReference": {"reference": "#in"},
                "requester": {"reference": "https://ehr.test/fhir/PractitionerRole/r/_history/3"},
            }
        },
        {"resource": {"resourceType": "ServiceRequest", "id": "s1", "priority": "stat"}},
    ],
}
ROOTS: dict[str, Any] = {
    "context": {"patientId": "1", "draftOrders": DRAFTS},
    "roles": {
        "resourceType": "Bundle",
        "entry": [{"resource": {"resourceType": "PractitionerRole", "id": "r"}}],
    },
}


def values(expression: str, known: dict[str, Any] | None = None) -> list[str]:
    """What an expression leads to; nothing may be wanted."""
    scope = Scope(ROOTS, known or {})
    found = evaluate(parse(expression), scope)
    assert not scope.wanted
    return found


REQUESTS = "context.draftOrders.entry.resource.ofType(MedicationRequest)"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("context.patientId", ["1"]),
        ("%context.patientId", ["1"]),
        ("context.nothing", []),
        ("context.draftOrders.entry.resource.id", ["m1", "m2", "s1"]),
        (f"{REQUESTS}.id", ["m1", "m2"]),
        (f"{REQUESTS}.medication.resolve().id", ["x", "in"]),
        (f"{REQUESTS}.requester.resolve().ofType(Practitioner).id", ["p"]),
        (f"{REQUESTS}.requester.resolve().ofType(PractitionerRole).id", ["r"]),
        (f"{REQUESTS}.requester.resolve().id", ["p", "r"]),
        ("context.draftOrders.entry.resource.ofType(ServiceRequest).priority", ["stat"]),
        ("%roles.entry.resource.id", ["r"]),
        ("%roles.entry.resource.id|context.patientId", ["r", "1"]),
        ("context.patientId | context.patientId", ["1"]),
        ("context.draftOrders.entry.resource", []),
        ("%unknown.id", []),
    ],
)
def test_paths_lead_where_the_standard_says(expression: str, expected: list[str]) -> None:
    """Members, types, references, variables and unions; each value once, in order."""
    assert values(expression) == expected


def test_a_resource_at_hand_is_looked_into() -> None:
    """resolve() leads into a known resource."""
    known = {"Medication/x": {"resourceType": "Medication", "id": "x", "status": "active"}}
    assert values("context.draftOrders.entry.resource.medication.resolve().id", known) == [
        "x",
        "in",
    ]
    assert "active" in values(f"{REQUESTS}.medicationReference.resolve().status", known)


def test_a_resource_that_must_be_read_is_reported() -> None:
    """A path that goes deeper than type and id names the reference it needs, and nothing else."""
    scope = Scope(ROOTS, {})
    assert evaluate(parse(f"{REQUESTS}.medication.resolve().status"), scope) == []
    assert scope.wanted == {"Medication/x"}


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "context.",
        "context..id",
        "context",
        "%earlier",
        "context.entry[0]",
        "context.where(id = 1)",
        "context.resolve(1)",
        "context.ofType()",
        "context.ofType(patient)",
        "context.patientId|",
        "1 + 1",
        "context.id; drop",
    ],
)
def test_what_is_outside_the_subset_is_refused(expression: str) -> None:
    """Anything else is told at start-up, with what would be allowed."""
    with pytest.raises(ConfigurationError, match="ofType"):
        parse(expression)


@pytest.mark.parametrize(
    ("expression", "plain"),
    [("context.patientId", True), ("context.draftOrders.id", False), ("%roles.id", False)],
)
def test_plain_paths_are_those_every_client_knows(expression: str, plain: bool) -> None:
    """Only one field of the context is plain."""
    assert [path.is_plain for path in parse(expression)] == [plain]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["entry", "resource", "reference", "id", "resourceType", "contained"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=30,
)


@given(JSON)
def test_any_json_is_walked_without_a_fall(value: Any) -> None:
    """Whatever the resources look like, a path ends in text or in nothing."""
    scope = Scope({"context": value}, {})
    paths = parse("context.entry.resource.resolve().id | context.entry.resource.ofType(Patient).id")
    assert all(isinstance(found, str) and found for found in evaluate(paths, scope))
