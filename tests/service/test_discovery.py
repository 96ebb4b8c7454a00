"""`GET /cds-services`, over HTTP."""

import hooks
from prefetch.templates import tokens
from tests.ehr import EHR, RULES, Json


async def offered(ehr: EHR) -> list[Json]:
    """The services on offer."""
    answer = await ehr.client.get("/cds-services")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    services: list[Json] = answer.json()["services"]
    return services


async def test_services_and_their_hooks(ehr: EHR) -> None:
    """Order safety has one id on both order hooks, and chart review is on patient-view."""
    found = [(service["id"], service["hook"]) for service in await offered(ehr)]
    assert found == [
        ("order-safety", "order-select"),
        ("order-safety", "order-sign"),
        ("chart-review", "patient-view"),
    ]


async def test_required_members_are_there_and_none_is_empty(ehr: EHR) -> None:
    """Each service has what the standard requires and recommends, and no null or empty member."""
    for service in await offered(ehr):
        assert {"hook", "description", "id", "title", "version", "hookVersion"} <= set(service)
        assert all(service.values())


async def test_versions(ehr: EHR) -> None:
    """`version` is the release of the standard, `hookVersion` that of the hook's page."""
    for service in await offered(ehr):
        assert service["version"] == "3.0.0-ballot"
        assert service["hookVersion"] == hooks.versions()[service["hook"]]


async def test_prefetch_is_the_union_of_what_the_rules_declare(ehr: EHR) -> None:
    """A service asks for exactly the queries of the rules that answer its hook."""
    for service in await offered(ehr):
        declared = {
            need.key: need.template
            for rule in RULES
            if service["hook"] in rule.hooks
            for need in rule.queries
            if need.advertised
        }
        assert service["prefetch"] == declared


async def test_what_is_seldom_needed_is_not_asked_for_with_every_call(ehr: EHR) -> None:
    """What was given earlier is read when there is a conflict, and no EHR has to send it before."""
    asked = {key for service in await offered(ehr) for key in service["prefetch"]}
    assert {"allergies", "medications"} <= asked
    assert not asked & {"past_medications", "administrations"}


async def test_templates_use_plain_context_tokens_only(ehr: EHR) -> None:
    """Every advertised template can be filled by a client that knows only context fields."""
    for service in await offered(ehr):
        for template in service["prefetch"].values():
            assert tokens(template)
            assert all(token.startswith("context.") for token in tokens(template))


async def test_usage_requirements_name_the_required_data(ehr: EHR) -> None:
    """Preconditions say which data is needed, in words."""
    said = {service["id"]: service["usageRequirements"] for service in await offered(ehr)}
    assert "allergy list" in said["order-safety"]
    assert "medication list" in said["chart-review"]
