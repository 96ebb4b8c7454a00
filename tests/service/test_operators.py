"""What operators may do with their token, and nobody else."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response

from hooks.errors import ConfigurationError
from service.app import create_app
from service.settings import Settings
from tests.asgi import running
from tests.attacks import refused
from tests.callers import CONFIG, ISSUER, PUBLIC, Caller, Clock
from tests.door import Door, opened
from tests.ehr import Json, allergy
from tests.prefetch.servers import Server, json_of, listening, page

RELOAD = "/operations/reload"
SECRET = "0123456789abcdef" * 2
OPERATOR = {"Authorization": f"Bearer {SECRET}"}
OTHER = CONFIG.replace(ISSUER, "https://new.test").replace("mercy", "new")


@pytest.fixture
async def operated(tmp_path: Path, clock: Clock) -> AsyncIterator[Door]:
    """The service in production, with a token for its operators."""
    settings: Json = {"mode": "production", "operator_token": SECRET, "open_metrics": False}
    async with opened(tmp_path, clock, **settings) as door:
        yield door


async def test_a_reload_is_answered_with_the_tenants(operated: Door, caller: Caller) -> None:
    """The file is read again, at once, and the answer names who is served now."""
    operated.config.write_text(OTHER)
    answer = await operated.client.post(RELOAD, headers=OPERATOR)
    assert answer.status_code == 200
    assert answer.json() == {"tenants": ["new", "north", "south"], "others_told": False}
    refused(await operated.knock(caller.bearer()), "untrusted")


@pytest.mark.parametrize("broken", ["[tenants", "", "[tenants.a]\nsekret = 1", None])
async def test_a_broken_file_is_told_line_by_line(
    operated: Door, caller: Caller, broken: str | None
) -> None:
    """422 with an issue for each thing that is wrong, and the earlier tenants stay."""
    operated.config.unlink() if broken is None else operated.config.write_text(broken)
    answer = await operated.client.post(RELOAD, headers=OPERATOR)
    assert answer.status_code == 422
    texts = [issue["details"]["text"] for issue in answer.json()["issue"]]
    assert all(text.startswith(str(operated.config)) for text in texts)
    assert len(texts) == (2 if broken and "sekret" in broken else 1)
    assert (await operated.knock(caller.bearer())).status_code == 200


async def test_what_production_refuses_is_told_too(operated: Door) -> None:
    """A reload opens no door that a start would not."""
    operated.config.write_text(CONFIG + '[tenants.try]\npreset = "sandbox"')
    answer = await operated.client.post(RELOAD, headers=OPERATOR)
    assert answer.status_code == 422
    assert "take out the public sandbox" in answer.text


async def test_without_tenants_there_is_nothing_to_reload(settings: Settings) -> None:
    """409 says what would have to be set."""
    app = create_app(settings.model_copy(update={"operator_token": SecretStr(SECRET)}))
    transport = httpx.ASGITransport(app)
    async with running(app), httpx.AsyncClient(transport=transport, base_url=PUBLIC) as client:
        answer = await client.post(RELOAD, headers=OPERATOR)
    assert answer.status_code == 409
    assert "CARDWISE_CONFIG" in answer.text


WRONG: list[tuple[str, Any]] = [
    ("none", {}),
    ("another", {"Authorization": f"Bearer {SECRET[:-1]}x"}),
    ("its beginning", {"Authorization": f"Bearer {SECRET[:-1]}"}),
    ("more than it", {"Authorization": f"Bearer {SECRET}0"}),
    ("empty", {"Authorization": "Bearer "}),
    ("another scheme", {"Authorization": f"Basic {SECRET}"}),
    ("no scheme", {"Authorization": SECRET}),
    ("bytes", {"Authorization": "Bearer \xff\xfe".encode("latin-1")}),
    ("twice", [("Authorization", f"Bearer {SECRET}"), ("Authorization", "Bearer x")]),
    ("in the query", {}),
]


@pytest.mark.parametrize("headers", [w[1] for w in WRONG], ids=[w[0] for w in WRONG])
async def test_wrong_tokens_open_nothing(
    operated: Door, headers: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """401 with an OperationOutcome, counted, and the file is not looked at."""
    operated.config.write_text(OTHER)
    with caplog.at_level(logging.INFO, "cardwise"):
        answers = [
            await operated.client.post(f"{RELOAD}?token={SECRET}", headers=headers),
            await operated.client.get("/metrics", headers=headers),
        ]
    for answer in answers:
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.json()["resourceType"] == "OperationOutcome"
        assert SECRET not in answer.text
    ours = [r.getMessage() for r in caplog.records if r.name.startswith("cardwise")]
    assert SECRET not in "".join(ours)
    assert "mercy" in operated.app.state.cardwise.gate.sites.by_id
    numbers = (await operated.client.get("/metrics", headers=OPERATOR)).text
    assert 'cardwise_refusals_total{reason="operator"} 2.0' in numbers


async def test_an_ehrs_token_is_not_an_operators(operated: Door, clock: Clock) -> None:
    """Nor the other way round."""
    bearer = Caller(clock, RELOAD).bearer()
    assert (await operated.client.post(RELOAD, headers=bearer)).status_code == 401
    refused(await operated.knock(OPERATOR), "malformed")


@pytest.mark.parametrize(
    ("settings", "status"),
    [
        ({"mode": "development"}, 200),
        ({"mode": "production"}, 404),
        ({"mode": "production", "open_metrics": True}, 200),
        ({"mode": "production", "operator_token": SECRET}, 401),
    ],
)
async def test_who_reads_the_numbers(
    tmp_path: Path, clock: Clock, settings: Json, status: int
) -> None:
    """Anybody in development; in production operators, unless it is opened; else nobody."""
    given: Json = {"open_metrics": False} | settings
    async with opened(tmp_path, clock, **given) as door:
        assert (await door.client.get("/metrics")).status_code == status


async def test_without_a_token_set_nothing_is_there(door: Door) -> None:
    """There is no address to guess at."""
    assert (await door.client.post(RELOAD, headers=OPERATOR)).status_code == 404


async def test_a_reload_drops_no_call(tmp_path: Path, clock: Clock, caller: Caller) -> None:
    """Calls that wait for a slow FHIR server end as they began, though their tenant is gone."""
    asked, going = asyncio.Event(), asyncio.Event()

    async def slow(_: Request) -> Response:
        asked.set()
        await going.wait()
        return json_of(page(allergy()))

    async with listening(Server(slow).app) as base:
        config = CONFIG.replace("https://ehr.test/fhir", base)
        settings: Json = {"operator_token": SECRET, "deadline": 30}
        async with opened(tmp_path, clock, config, sockets=True, **settings) as door:
            calls = [
                asyncio.ensure_future(door.knock(caller.bearer(), fhirServer=base))
                for _ in range(10)
            ]
            await asked.wait()
            door.config.write_text(OTHER)
            assert (await door.client.post(RELOAD, headers=OPERATOR)).status_code == 200
            refused(await door.knock(caller.bearer(), fhirServer=base), "untrusted")
            going.set()
            answers = await asyncio.gather(*calls)
    assert {answer.status_code for answer in answers} == {200}
    assert all(answer.json()["cards"] for answer in answers)


def test_the_token_may_lie_in_a_file(tmp_path: Path) -> None:
    """As secrets are mounted, with the line's end that editors leave; it is printed nowhere."""
    file = tmp_path / "token"
    file.write_text(f"{SECRET}\n")
    settings = Settings.from_environment({"CARDWISE_OPERATOR_TOKEN_FILE": str(file)})
    assert settings.operator_token is not None
    assert settings.operator_token.get_secret_value() == SECRET
    assert SECRET not in f"{settings!r} {settings} {settings.model_dump_json()}"


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"CARDWISE_OPERATOR_TOKEN": "sekret"}, "at least 32"),
        ({"CARDWISE_OPERATOR_TOKEN": "sekret " * 9}, "at least 32"),
        ({"CARDWISE_OPERATOR_TOKEN_FILE": "/nowhere"}, "FILE: cannot be read"),
        (
            {"CARDWISE_OPERATOR_TOKEN": SECRET, "CARDWISE_OPERATOR_TOKEN_FILE": "/nowhere"},
            "unset it",
        ),
    ],
)
def test_a_weak_token_is_refused(variables: dict[str, str], told: str) -> None:
    """The message names the variable and the remedy, never the value."""
    with pytest.raises(ConfigurationError, match=rf"^CARDWISE_OPERATOR_TOKEN.*{told}") as fault:
        Settings.from_environment(variables)
    assert "sekret" not in str(fault.value)
    assert SECRET not in str(fault.value)
