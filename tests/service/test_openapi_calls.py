"""Calls made from the published description, right and wrong, to the real service on a real socket.

Nothing that can be sent is a 5xx, and every answer is one the description tells of.
"""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from service.__main__ import listen
from service.app import create_app
from service.openapi.document import document
from service.settings import Settings
from tests.callers import CONFIG

PROMISED: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SCHEMA: Final[Any] = schemathesis.openapi.from_dict(document(Settings()))
CALL: Final = "/cds-services/{service_id}"
FEEDBACK: Final = f"{CALL}/feedback"
GETS: Final = [path for path, item in document(Settings())["paths"].items() if "get" in item]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh folder."""
    return tmp_path_factory.mktemp("service")


def serving(settings: Settings) -> Iterator[str]:
    """The service on a free port; yields its address."""
    with listen(settings) as listener:
        server = uvicorn.Server(uvicorn.Config(create_app(settings), log_config=None))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def open_service(folder: Path) -> Iterator[str]:
    """One that asks for no token."""
    yield from serving(Settings(port=0, database=folder / "open", deadline=0.2))


@pytest.fixture(scope="module")
def closed_service(folder: Path) -> Iterator[str]:
    """One with tenants."""
    config = folder / "cardwise.toml"
    config.write_text(CONFIG)
    yield from serving(Settings(port=0, database=folder / "closed", config=config))


def meet(operation: Any, mode: GenerationMode, url: str, examples: int) -> set[int]:
    """Call with that many examples, and check each answer; returns the statuses there were."""
    statuses = set()

    @effort(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def call(case: Any) -> None:
        answer = case.call(base_url=url)
        case.validate_response(answer, checks=PROMISED)
        statuses.add(answer.status_code)

    call()
    return statuses


@pytest.mark.parametrize(
    ("path", "mode", "some"),
    [
        (CALL, GenerationMode.POSITIVE, {400, 412}),
        (CALL, GenerationMode.NEGATIVE, {400, 404}),
        (FEEDBACK, GenerationMode.POSITIVE, {422}),
        (FEEDBACK, GenerationMode.NEGATIVE, {400, 404}),
    ],
)
def test_what_is_posted_is_answered(
    open_service: str, path: str, mode: GenerationMode, some: set[int]
) -> None:
    """Bodies that fit the schema, and bodies that do not; they get far enough to matter."""
    assert meet(SCHEMA[path]["POST"], mode, open_service, 50) & some


@pytest.mark.parametrize("path", GETS)
def test_what_is_got_is_as_described(open_service: str, path: str) -> None:
    """Status, type and shape."""
    assert meet(SCHEMA[path]["GET"], GenerationMode.POSITIVE, open_service, 5) == {200}


@pytest.mark.parametrize("path", [CALL, FEEDBACK])
def test_a_call_without_a_token_is_refused_as_described(closed_service: str, path: str) -> None:
    """Whatever it holds."""
    assert meet(SCHEMA[path]["POST"], GenerationMode.POSITIVE, closed_service, 10) == {401}


@pytest.mark.parametrize("path", [CALL, FEEDBACK, *GETS])
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "JANE"])
def test_another_method_is_refused(open_service: str, path: str, method: str) -> None:
    """With 405, as an OperationOutcome."""
    place = path.format(service_id="order-safety", rule_id="drug-allergy")
    answer = httpx.request(method, open_service + place)
    assert answer.status_code in {400, 405}
    if answer.status_code == 405:
        assert answer.json()["resourceType"] == "OperationOutcome"
