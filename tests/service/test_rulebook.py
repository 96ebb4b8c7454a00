"""Sites' own rules, as an EHR and an author meet them."""

import logging
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from hooks.errors import RuleError
from service.app import create_app
from service.rulebook import RuleBook
from service.settings import Settings
from tests.asgi import running
from tests.ehr import Json, bundle, draft, order_sign
from tests.rules.folders import PAGE, RULE, write_rule

ROOT = Path(__file__).parents[2]
SPINS = RULE.replace(
    "    for order in chart.selected:\n",
    "    while True:\n        pass\n    for order in chart.selected:\n",
)
FULL: Json = {"allergies": bundle(), "medications": bundle()}
Clock = Callable[[], datetime]


@asynccontextmanager
async def serving(
    directory: Path, settings: Settings, now: Clock
) -> AsyncIterator[httpx.AsyncClient]:
    """The real app with a site's directory of rules."""
    app = create_app(settings.model_copy(update={"rules": (directory,)}), clock=now)
    transport = httpx.ASGITransport(app)
    async with (
        running(app),
        httpx.AsyncClient(transport=transport, base_url="https://cds.test") as client,
    ):
        yield client


async def summaries(client: httpx.AsyncClient) -> list[str]:
    """The cards for an order, all data prefetched."""
    call = order_sign(draft(), prefetch=FULL, fhirServer=None, fhirAuthorization=None)
    answer = await client.post("/cds-services/order-safety", json=call)
    assert answer.status_code == 200, answer.text
    return [card["summary"] for card in answer.json()["cards"]]


async def test_a_sites_rule_speaks_in_the_service_of_its_hook(
    tmp_path: Path, settings: Settings, now: Clock
) -> None:
    """Its card links to its page, and discovery asks for its data."""
    write_rule(
        tmp_path, code=PAGE + RULE.replace("needs.allergies", 'needs.labs("eGFR", "62238-1")')
    )
    async with serving(tmp_path, settings, now) as client:
        call = order_sign(draft(), prefetch=FULL | {"labs-62238-1": bundle()}, fhirServer=None)
        answer = await client.post("/cds-services/order-safety", json=call)
        (card,) = answer.json()["cards"]
        assert card["summary"] == "Something is the case"
        assert card["links"][0]["url"] == "https://cds.test/rules/something-odd"
        assert (await client.get("/rules/something-odd")).status_code == 200
        offered = (await client.get("/cds-services")).json()["services"]
        signing = next(s for s in offered if s["hook"] == "order-sign")
        assert "http://loinc.org|62238-1" in signing["prefetch"]["labs-62238-1"]


async def test_an_edit_is_followed_at_the_next_call(
    tmp_path: Path, settings: Settings, now: Clock
) -> None:
    """In development a rule is changed, added and taken away without a restart."""
    folder = write_rule(tmp_path)
    async with serving(tmp_path, settings, now) as client:
        assert await summaries(client) == ["Something is the case"]
        write_rule(tmp_path, code=PAGE + RULE.replace("Something is the case", "It is otherwise"))
        assert await summaries(client) == ["It is otherwise"]
        write_rule(tmp_path, "something_more")
        assert await summaries(client) == ["Something is the case", "It is otherwise"]
        (folder / "__init__.py").unlink()
        assert await summaries(client) == ["Something is the case"]
        assert (await client.get("/rules/something-odd")).status_code == 404


async def test_a_broken_edit_keeps_what_ran(
    tmp_path: Path, settings: Settings, now: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """The earlier version goes on, each answer says so, the log says why; mending it ends that."""
    folder = write_rule(tmp_path)
    async with serving(tmp_path, settings, now) as client:
        with caplog.at_level(logging.ERROR):
            (folder / "__init__.py").write_text(PAGE + "import os\n" + RULE)
            found = await summaries(client)
        stale = "Not checked: something - the rule's new text cannot be used, the earlier was"
        assert found == [stale, "Something is the case"]
        assert f"{folder / '__init__.py'}:18: a rule may not import os" in caplog.text
        write_rule(tmp_path)
        assert await summaries(client) == ["Something is the case"]


def test_a_new_folder_that_is_broken_is_left_out(tmp_path: Path) -> None:
    """It is named among the errors until it is mended; the others go on."""
    write_rule(tmp_path)
    book = RuleBook((tmp_path,), watched=True)
    assert not book.refresh()
    folder = write_rule(tmp_path, "something_new", "x = ")
    assert book.refresh()
    assert book.rules[-1].id == "something-odd"
    assert list(book.errors) == [folder]
    write_rule(tmp_path, "something_new")
    assert book.refresh()
    assert (book.rules[-2].id, book.errors) == ("something-new", {})


def test_what_was_not_edited_is_not_loaded_again(tmp_path: Path) -> None:
    """Only the folder that changed is; a case that is added changes no rule's text."""
    one, _ = write_rule(tmp_path, "something_one"), write_rule(tmp_path, "something_two")
    book = RuleBook((tmp_path,), watched=True)
    before = book.rules
    (one / "cases" / "silent.json").write_text("{}")
    assert book.refresh()
    assert book.rules[-1] is before[-1]
    assert book.rules[-2].digest == before[-2].digest


def test_a_directory_that_goes_away_leaves_what_ran(tmp_path: Path) -> None:
    """A checkout that is being moved takes no rule out of a running service."""
    write_rule(tmp_path / "site")
    book = RuleBook((tmp_path / "site",), watched=True)
    (tmp_path / "site").rename(tmp_path / "moved")
    assert not book.refresh()
    assert book.rules[-1].id == "something-odd"


def test_production_does_not_look(tmp_path: Path) -> None:
    """What was loaded at the start stays until the restart."""
    folder = write_rule(tmp_path)
    book = RuleBook((tmp_path,))
    (folder / "__init__.py").write_text("x = ")
    assert not book.refresh()
    assert book.rules[-1].id == "something-odd"


def test_a_rule_that_cannot_be_loaded_stops_the_start(tmp_path: Path, settings: Settings) -> None:
    """A service without a check that somebody counts on does not start."""
    write_rule(tmp_path, code="x = ")
    with pytest.raises(RuleError, match="this is not Python"):
        create_app(settings.model_copy(update={"rules": (tmp_path,)}))


async def test_a_rule_that_breaks_is_counted(
    tmp_path: Path, settings: Settings, now: Clock
) -> None:
    """Cut off at first, then resting: both are numbers, and each answer says not checked."""
    write_rule(tmp_path, code=PAGE + SPINS)
    async with serving(tmp_path, settings.model_copy(update={"deadline": 2}), now) as client:
        for _ in range(6):
            (summary,) = await summaries(client)
            assert summary.startswith("Not checked: something - the check ")
        text = (await client.get("/metrics")).text
        ends = dict(
            re.findall(
                r'cardwise_rules_total\{end="([^"]+)",rule="something-odd",tenant=""\} (\S+)', text
            )
        )
        assert ends == {"cut off": "5.0", "resting": "1.0"}


def test_a_real_server_cuts_an_endless_rule_off(tmp_path: Path) -> None:
    """Under uvicorn and its loop ours still run, and the endless one is named at each call."""
    write_rule(tmp_path / "rules", code=PAGE + SPINS)
    settings = {
        "PORT": "0",
        "CARDWISE_RULES": str(tmp_path / "rules"),
        "CARDWISE_DATABASE": str(tmp_path / "x.sqlite"),
    }
    with subprocess.Popen(
        [sys.executable, "-m", "service"],
        cwd=ROOT,
        env=os.environ | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().split()[-1]
            call = order_sign(draft(), prefetch=FULL, fhirServer=None, fhirAuthorization=None)
            for _ in range(2):
                answer = httpx.post(f"{url}/cds-services/order-safety", json=call, timeout=20)
                assert [card["summary"] for card in answer.json()["cards"]] == [
                    "Not checked: something - the check took too long, and was cut off"
                ]
            assert (
                'cardwise_rules_total{end="ran",rule="drug-allergy",tenant=""} 2.0'
                in httpx.get(f"{url}/metrics").text
            )
        finally:
            process.kill()
