"""Browser clients: preflight and CORS headers on every path, errors included."""

import pytest

from tests.ehr import EHR

ORIGIN = {"Origin": "https://sandbox.example"}
PATHS = [
    "/cds-services",
    "/cds-services/order-safety",
    "/cds-services/order-safety/feedback",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_preflight_is_answered(ehr: EHR, path: str, method: str) -> None:
    """OPTIONS with the headers that EHRs send is allowed, without any token."""
    answer = await ehr.client.options(
        path,
        headers=ORIGIN
        | {
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "authorization,content-type",
        },
    )
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    allowed = answer.headers["access-control-allow-headers"].lower()
    assert "authorization" in allowed
    assert "content-type" in allowed
    assert method in answer.headers["access-control-allow-methods"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/cds-services", 200),
        ("POST", "/cds-services/order-safety", 400),
        ("GET", "/cds-services/order-safety", 405),
        ("POST", "/cds-services/nope", 400),
        ("GET", "/nope", 404),
    ],
)
async def test_every_answer_can_be_read_by_a_browser(
    ehr: EHR, method: str, path: str, status: int
) -> None:
    """Answers to errors carry the same header as answers to successes."""
    answer = await ehr.client.request(method, path, headers=ORIGIN)
    assert answer.status_code == status
    assert answer.headers["access-control-allow-origin"] == "*"
