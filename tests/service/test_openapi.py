"""The published description: valid, complete, its examples true, and kept by the service."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest
import schemathesis
from starlette.routing import Route

from service.openapi.document import document
from service.settings import Settings
from tests.asgi import innermost
from tests.door import Door
from tests.ehr import EHR

METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
CLOSED = Settings(public_url="https://cds.test", config=Path("cardwise.toml"))
DOCUMENT = msgspec.json.decode(msgspec.json.encode(document(CLOSED)))


def operations() -> list[Any]:
    """Each method of each path."""
    return [
        (path, method, operation)
        for path, item in DOCUMENT["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]


def validator(schema: Any) -> jsonschema_rs.Draft202012Validator:
    """Checks values against a schema of the description."""
    return jsonschema_rs.Draft202012Validator(schema | {"components": DOCUMENT["components"]})


def test_the_description_is_valid() -> None:
    """OpenAPI 3.1, and each schema in it JSON Schema."""
    schemathesis.openapi.from_dict(DOCUMENT).validate()
    for schema in DOCUMENT["components"]["schemas"].values():
        jsonschema_rs.meta.validate({"$schema": SCHEMA_2020, **schema})
        validator(schema)


SCHEMA_2020 = "https://json-schema.org/draft/2020-12/schema"


async def test_every_route_is_described(ehr: EHR) -> None:
    """Each with its method, and no other."""
    app: Any = ehr.client._transport
    routes = innermost(app).routes
    made = {
        (route.path, method.lower())
        for route in routes
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert {(path, method) for path, method, _ in operations()} == made


@pytest.mark.parametrize(("path", "method", "operation"), operations())
def test_an_endpoint_is_told_in_a_sentence(path: str, method: str, operation: Any) -> None:
    """One, with a full stop; ids are unique."""
    assert method in METHODS
    assert path.startswith("/")
    assert operation["summary"].endswith(".")
    assert operation["summary"].count(". ") == 0
    assert [o["operationId"] for _, _, o in operations()].count(operation["operationId"]) == 1


def test_nothing_leads_elsewhere() -> None:
    """References are to the description itself, and the only server is ours."""
    text = json.dumps(DOCUMENT)
    references = set(re.findall(r'"\$ref": "([^"]+)"', text))
    assert references
    assert all(each.startswith("#/components/") for each in references)
    assert DOCUMENT["servers"] == [{"url": "https://cds.test"}]
    assert not {"externalDocs", "termsOfService"} & set(re.findall(r'"(\w+)":', text))


async def test_it_is_served_to_browsers_without_a_token(door: Door) -> None:
    """As JSON, with CORS, saying that calls need a token."""
    answer = await door.client.get("/openapi.json", headers={"Origin": "https://editor.test"})
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.json() == DOCUMENT


def test_it_says_who_needs_a_token() -> None:
    """Calls where there are tenants; discovery not where it is open."""
    assert DOCUMENT["security"] == [{"client": []}]
    assert document(Settings())["security"] == [{}]
    opened = document(CLOSED.model_copy(update={"open_discovery": True}))
    assert opened["paths"]["/cds-services"]["get"]["security"] == [{}, {"client": []}]


def test_examples_fit_their_schemas() -> None:
    """Of requests and of answers."""
    checked = 0
    for _, _, operation in operations():
        answers = [r["content"] for r in operation["responses"].values() if "content" in r]
        for content in (operation.get("requestBody", {}).get("content", {}), *answers):
            for media in content.values():
                for example in media.get("examples", {}).values():
                    validator(media["schema"]).validate(example["value"])
                    checked += 1
    for response in DOCUMENT["components"]["responses"].values():
        (media,) = response["content"].values()
        validator(media["schema"]).validate(media["example"])
        checked += 1
    assert checked > 10


async def test_examples_are_answered_as_they_are_shown(ehr: EHR) -> None:
    """The order that conflicts gets the card of the example; the others are taken."""
    path = DOCUMENT["paths"]["/cds-services/{service_id}"]["post"]
    shown = path["responses"]["200"]["content"]["application/json"]["examples"]["conflict"]
    (expected,) = shown["value"]["cards"]
    for hook, example in path["requestBody"]["content"]["application/json"]["examples"].items():
        service = "chart-review" if hook == "patient-view" else "order-safety"
        answer = await ehr.call(service, example["value"])
        assert answer.status_code == 200
        if hook != "patient-view":
            (card,) = answer.json()["cards"]
            for name in ("summary", "indicator", "selectionBehavior"):
                assert card[name] == expected[name]
            assert card["source"]["label"] == expected["source"]["label"]
            assert card["suggestions"][0]["actions"] == expected["suggestions"][0]["actions"]
    headers = {"X-Request-ID": "4bf92f3577b34da6a3ce929d0e0e4736"}
    wrong = await ehr.client.post("/cds-services/order-safety", content=b"{}", headers=headers)
    (media,) = DOCUMENT["components"]["responses"]["BadRequest"]["content"].values()
    assert wrong.json() == media["example"]
    feedback = DOCUMENT["paths"]["/cds-services/{service_id}/feedback"]["post"]
    for example in feedback["requestBody"]["content"]["application/json"]["examples"].values():
        answer = await ehr.call("order-safety/feedback", example["value"])
        assert answer.status_code == 422  # it is read; but the card was given to nobody here
