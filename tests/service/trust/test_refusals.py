"""What the service refuses, and how: a 4xx with an OperationOutcome that names the place."""

import json
from typing import Any

import pytest

from tests.ehr import EHR, Json, draft, envelope, order_sign


def without(request: Json, *path: str) -> Json:
    """The request with one member taken out."""
    return changed(request, None, *path, remove=True)


def changed(request: Json, value: object, *path: str, remove: bool = False) -> Json:
    """The request with one member set to another value."""
    copy: Json = json.loads(json.dumps(request))
    target: Any = copy
    for name in path[:-1]:
        target = target[name]
    if remove:
        del target[path[-1]]
    else:
        target[path[-1]] = value
    return copy


ORDER = order_sign(draft())
REFUSED = [
    ("no hook", without(ORDER, "hook"), "hook"),
    ("hook not a string", changed(ORDER, 7, "hook"), "hook"),
    ("unknown hook", changed(ORDER, "order-eat", "hook"), "hook"),
    ("hook of another service", envelope("patient-view"), "hook"),
    ("no hookInstance", without(ORDER, "hookInstance"), "hookInstance"),
    ("empty hookInstance", changed(ORDER, "", "hookInstance"), "hookInstance"),
    ("no context", without(ORDER, "context"), "context"),
    ("context a list", changed(ORDER, [], "context"), "context"),
    ("no patientId", without(ORDER, "context", "patientId"), "context.patientId"),
    ("patientId null", changed(ORDER, None, "context", "patientId"), "context.patientId"),
    ("patientId empty", changed(ORDER, " ", "context", "patientId"), "context"),
    ("patientId a path", changed(ORDER, "../Binary/1", "context", "patientId"), "context"),
    ("patientId a query", changed(ORDER, "1?x=y", "context", "patientId"), "context"),
    ("no userId", without(ORDER, "context", "userId"), "context.userId"),
    ("userId empty", changed(ORDER, "", "context", "userId"), "context"),
    ("no draftOrders", without(ORDER, "context", "draftOrders"), "context.draftOrders"),
    ("draftOrders a list", changed(ORDER, [], "context", "draftOrders"), "context.draftOrders"),
    (
        "draftOrders no Bundle",
        changed(ORDER, {"resourceType": "Patient"}, "context", "draftOrders"),
        "context",
    ),
    ("prefetch a list", changed(ORDER, [], "prefetch"), "prefetch"),
    ("fhirServer a number", changed(ORDER, 1, "fhirServer"), "fhirServer"),
    ("token a number", changed(ORDER, {"access_token": 1}, "fhirAuthorization"), None),
    ("no token member", changed(ORDER, {"scope": "x"}, "fhirAuthorization"), None),
    (
        "draft for another patient",
        order_sign(draft(), draft(subject={"reference": "Patient/other"})),
        "context.draftOrders.entry[1].resource",
    ),
]


@pytest.mark.parametrize(
    ("request_body", "where"), [(r, w) for _, r, w in REFUSED], ids=[name for name, *_ in REFUSED]
)
async def test_a_bad_request_is_told_where_it_is_bad(
    ehr: EHR, request_body: Json, where: str | None
) -> None:
    """Each is 400 with an OperationOutcome whose expression names the element."""
    answer = await ehr.call("order-safety", request_body)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/fhir+json"
    outcome = answer.json()
    assert outcome["resourceType"] == "OperationOutcome"
    (issue,) = outcome["issue"]
    assert issue["severity"] == "error"
    assert issue["details"]["text"]
    assert issue["expression"][0].startswith(where or "fhirAuthorization.access_token")


async def test_order_select_needs_selections(ehr: EHR) -> None:
    """`selections` is required on order-select, and only there."""
    answer = await ehr.call("order-safety", changed(ORDER, "order-select", "hook"))
    assert answer.status_code == 400
    assert answer.json()["issue"][0]["expression"] == ["context.selections"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'"text"', b"null", b"\xff\xfe", b'{"hook": NaN}', b"[" * 100_000],
    ids=["empty", "cut", "array", "string", "null", "not-utf8", "nan", "deep"],
)
async def test_what_is_no_json_object_is_refused(ehr: EHR, body: bytes) -> None:
    """A body that is no JSON object is 400, never 500."""
    answer = await ehr.client.post(
        "/cds-services/order-safety", content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 400
    assert answer.json()["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/cds-services/no-such-service", 404),
        ("POST", "/cds-services/no-such-service/feedback", 404),
        ("GET", "/nothing/here", 404),
        ("GET", "/rules/no-such-rule", 404),
        ("POST", "/cds-services/..%2f..%2fetc/feedback", 404),
        ("GET", "/cds-services/order-safety", 405),
        ("POST", "/cds-services", 405),
        ("DELETE", "/cds-services/order-safety", 405),
    ],
)
async def test_wrong_addresses_and_methods(ehr: EHR, method: str, path: str, status: int) -> None:
    """An unknown address is 404, a wrong method 405 with Allow; both with an OperationOutcome."""
    body = json.dumps(ORDER) if method == "POST" else None
    headers = {"content-type": "application/json"}
    answer = await ehr.client.request(method, path, content=body, headers=headers)
    assert answer.status_code == status
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert ("allow" in answer.headers) == (status == 405)


async def test_another_media_type_is_refused(ehr: EHR) -> None:
    """A body that is declared as something else than JSON is 415."""
    answer = await ehr.client.post(
        "/cds-services/order-safety",
        content=json.dumps(ORDER),
        headers={"content-type": "text/xml"},
    )
    assert answer.status_code == 415


@pytest.mark.parametrize("declared", [True, False])
async def test_a_body_over_the_limit_is_refused(ehr: EHR, declared: bool) -> None:
    """More than the limit is 413, whether or not the length was declared."""
    body = b'{"prefetch":"' + b"x" * 9_000_000 + b'"}'

    async def pieces() -> Any:
        for start in range(0, len(body), 1_000_000):
            yield body[start : start + 1_000_000]

    answer = await ehr.client.post(
        "/cds-services/order-safety",
        content=body if declared else pieces(),
        headers={"content-type": "application/json"},
    )
    assert answer.status_code == 413
    assert answer.json()["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "application/fhir+json"])
async def test_json_by_other_names_is_taken(ehr: EHR, kind: str) -> None:
    """JSON is JSON with a charset or as FHIR's media type."""
    request = json.dumps(order_sign(draft(), prefetch={"allergies": None, "medications": None}))
    answer = await ehr.client.post(
        "/cds-services/order-safety", content=request, headers={"content-type": kind}
    )
    assert answer.status_code == 200


async def test_sloppy_and_harmless_is_taken(ehr: EHR) -> None:
    """References for ids, nulls for absent members and unknown members are no reason to refuse."""
    request = order_sign(draft(), prefetch={"allergies": None, "medications": None})
    request |= {"extension": {"x": 1}, "unknown": True, "hookInstance": "not-a-uuid"}
    request["context"] |= {"patientId": "Patient/p1", "encounterId": None, "services": None}
    answer = await ehr.call("order-safety", request)
    assert (answer.status_code, answer.json()) == (200, {"cards": []})
