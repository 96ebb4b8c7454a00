"""What is configured for a tenant is what it gets: servers, services, rules, deadline, caches."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from prefetch.client import Access
from service.tenants import presets
from tests.callers import (
    CONFIG,
    DISCOVERY,
    ISSUER,
    JKU,
    SERVICE,
    Caller,
    Clock,
    ec,
    key_set,
    public,
    rsa,
    sign,
)
from tests.door import opened
from tests.ehr import FHIR_BASE

SHARED = "https://shared.test/keys"


def mercy(more: str, table: str = "") -> str:
    """The configuration with more in mercy's table, or in one below it."""
    head = f"[tenants.mercy.{table}]\n" if table else "[tenants.mercy]\n"
    if table:
        return CONFIG + head + more
    return CONFIG.replace(head, head + more + "\n")


async def services(door: Any, caller: Caller) -> list[str]:
    """The services that discovery offers a caller."""
    answer = await door.knock(Caller(caller.clock, DISCOVERY).bearer(), DISCOVERY)
    return [f"{s['id']} on {s['hook']}" for s in answer.json()["services"]]


async def test_a_service_that_is_off_is_not_there(
    tmp_path: Path, clock: Clock, caller: Caller
) -> None:
    """Discovery does not offer it, and calls and feedback get 404."""
    async with opened(tmp_path, clock, mercy('order-safety = "off"', "services")) as door:
        assert await services(door, caller) == ["chart-review on patient-view"]
        assert (await door.knock(caller.bearer())).status_code == 404
        path = f"{SERVICE}/feedback"
        assert (await door.knock(Caller(clock, path).bearer(), path)).status_code == 404


@pytest.mark.parametrize(
    ("switch", "table"),
    [('order-safety = "shadow"', "services"), ('drug-allergy = "shadow"', "rules")],
)
async def test_in_shadow_nothing_is_shown(
    tmp_path: Path, clock: Clock, caller: Caller, switch: str, table: str
) -> None:
    """A service or a rule in shadow runs and is counted, and the clinician sees nothing of it."""
    async with opened(tmp_path, clock, mercy(switch, table)) as door:
        assert len(await services(door, caller)) == 3
        answer = await door.knock(caller.bearer())
        assert (answer.status_code, answer.json()) == (200, {"cards": []})
        metrics = (await door.client.get("/metrics")).text
        assert 'cardwise_rules_total{end="ran",rule="drug-allergy",tenant="mercy"} 1.0' in metrics


async def test_a_rule_that_is_off_does_not_run(
    tmp_path: Path, clock: Clock, caller: Caller
) -> None:
    """It is neither run nor counted, and its data is not asked for."""
    async with opened(tmp_path, clock, mercy('drug-allergy = "off"', "rules")) as door:
        answer = await door.knock(caller.bearer(), fhirServer=None)
        assert (answer.status_code, answer.json()) == (200, {"cards": []})
        assert 'rule="drug-allergy"' not in (await door.client.get("/metrics")).text


async def test_a_tenant_reads_its_own_servers_only(tmp_path: Path, clock: Clock) -> None:
    """Another tenant's FHIR server is not read, whatever the call says."""
    async with opened(tmp_path, clock) as door:
        door.keys.sets[SHARED] = key_set(public(ec()))
        claims = {"iss": "https://shared.test", "tenant": "north"}
        answer = await door.knock(Caller(clock).bearer({"jku": SHARED}, **claims))
        assert answer.status_code == 412
        assert "server-not-allowed" in answer.text
        assert (await door.knock(Caller(clock).bearer())).status_code == 200


async def test_nothing_read_is_shared_between_tenants(tmp_path: Path, clock: Clock) -> None:
    """Two tenants with one FHIR server and one token each have it read for themselves."""
    config = CONFIG.replace(
        "[tenants.north.trust]",
        f'[tenants.north]\nfhir = [{{ base = "{FHIR_BASE}" }}]\n[tenants.north.trust]',
    )
    seen: list[str] = []
    async with opened(tmp_path, clock, config, cache_seconds=60) as door:
        client = door.app.state.cardwise.fhir
        inner = client._pages

        async def watched(access: Access, url: str) -> Any:
            seen.append(access.tenant)
            return await inner(access, url)

        client._pages = watched
        door.keys.sets[SHARED] = key_set(public(ec()))
        north = {"iss": "https://shared.test", "tenant": "north"}
        for _ in range(2):
            for bearer in (
                Caller(clock).bearer(),
                Caller(clock).bearer({"jku": SHARED}, **north),
            ):
                assert (await door.knock(bearer)).status_code == 200
    assert sorted(set(seen)) == ["mercy", "north"]
    assert len(seen) == len(set(seen))  # once for each tenant


async def test_a_deadline_of_its_own(tmp_path: Path, clock: Clock, caller: Caller) -> None:
    """A tenant's deadline holds for its calls."""
    config = mercy("deadline = 0.2")
    async with opened(tmp_path, clock, config, deadline=5) as door:
        client = door.app.state.cardwise.fhir

        async def slow(_access: Access, _url: str) -> Any:
            await asyncio.sleep(3)

        client._pages = slow
        async with asyncio.timeout(1):
            answer = await door.knock(caller.bearer())
        assert answer.status_code == 412
        assert "timeout" in answer.text


@pytest.mark.parametrize(
    ("when", "status"),
    [("", 412), ('when_unchecked = "412"', 412), ('when_unchecked = "card"', 200)],
)
async def test_what_is_answered_when_nothing_was_checked(
    tmp_path: Path, clock: Clock, caller: Caller, when: str, status: int
) -> None:
    """412 by default; a card where the EHR shows its users nothing of a 412."""
    async with opened(tmp_path, clock, mercy(when)) as door:
        answer = await door.knock(caller.bearer(), fhirServer=None)
        assert answer.status_code == status
        if status == 200:
            (card,) = answer.json()["cards"]
            assert card["indicator"] == "warning"
            assert card["summary"].startswith("Not checked: drug allergies - the allergy list")
        metrics = (await door.client.get("/metrics")).text
        ended = 'cardwise_rules_total{end="blocked",rule="drug-allergy",tenant="mercy"} 1.0'
        assert ended in metrics
        assert f'service="order-safety",status="{status}",tenant="mercy"}} 1.0' in metrics


async def test_keys_in_the_file_need_no_fetch(tmp_path: Path, clock: Clock, caller: Caller) -> None:
    """A site's keys may lie beside the configuration, or in it."""
    (tmp_path / "mercy.json").write_text(json.dumps(key_set(public(ec()))))
    jwk = public(ec())
    inline = ", ".join(f"{name} = {json.dumps(value)}" for name, value in jwk.items())
    for line in ('jwks_file = "mercy.json"', f"jwks = {{ keys = [{{ {inline} }}] }}"):
        config = CONFIG.replace(f'jku = ["{JKU}"]', f'jku = ["{JKU}"]\n{line}')
        async with opened(tmp_path, clock, config) as door:
            assert (await door.knock(caller.bearer())).status_code == 200
            assert door.keys.asked == []


@pytest.mark.parametrize("name", presets.names())
async def test_a_preset_is_a_starting_point(tmp_path: Path, clock: Clock, name: str) -> None:
    """With an issuer and a key URL of its own, any preset admits the site's calls."""
    alg = presets.load(name).get("trust", {}).get("algorithms", ["ES384"])[0]
    config = f"""
    [tenants.site]
    preset = "{name}"
    fhir = [{{ base = "{FHIR_BASE}" }}]
    trust = {{ issuers = ["{ISSUER}"], jku = ["{JKU}"] }}
    services = {{ order-safety = "on" }}
    """
    caller = Caller(clock)
    async with opened(tmp_path, clock, config) as door:
        key = rsa() if alg.startswith("RS") else ec()
        door.keys.sets[JKU] = key_set(public(key))
        token = sign(caller.header(alg=alg), caller.claims(), key, alg)
        answer = await door.knock({"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200
        assert answer.json()["cards"]
