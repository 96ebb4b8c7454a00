"""The discovery document."""

import json

from hooks.discovery import Discovery, ServiceDescription

SERVICE = ServiceDescription(
    hook="patient-view", title="T", description="D", id="chart-review", hookVersion="1.0"
)


def test_no_services_is_an_empty_list() -> None:
    """A server that hosts nothing says so with an empty array, as the standard asks."""
    assert Discovery(services=()).to_json() == b'{"services":[]}'


def test_absent_members_are_left_out() -> None:
    """A service that wants no prefetch has no such member; the standard's version is told."""
    assert json.loads(Discovery(services=(SERVICE,)).to_json()) == {
        "services": [
            {
                "hook": "patient-view",
                "title": "T",
                "description": "D",
                "id": "chart-review",
                "version": "3.0.0-ballot",
                "hookVersion": "1.0",
            }
        ]
    }


def test_prefetch_keeps_its_keys_and_order() -> None:
    """Templates are told under their keys in order, since a later one may build on an earlier."""
    wanted = {"b": "Patient/{{context.patientId}}", "a": "X?_id={{%b.id}}"}
    described = SERVICE.model_copy(update={"prefetch": wanted, "usageRequirements": "A token."})
    (found,) = json.loads(Discovery(services=(described,)).to_json())["services"]
    assert [*found["prefetch"].items()] == [*wanted.items()]
    assert found["usageRequirements"] == "A token."


def test_one_id_on_two_hooks() -> None:
    """Services that share an id stay two entries, one for each hook."""
    other = SERVICE.model_copy(update={"hook": "order-sign"})
    found = json.loads(Discovery(services=(SERVICE, other)).to_json())["services"]
    assert [(each["id"], each["hook"]) for each in found] == [
        ("chart-review", "patient-view"),
        ("chart-review", "order-sign"),
    ]
