"""No patient, user or token is to be seen.

Values are planted everywhere, calls end in every way there is, and logs, numbers, traces, health
and error answers are searched for them.
"""

import asyncio
import dataclasses
import os
import re
import sys
from asyncio.subprocess import PIPE
from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.responses import Response

from prefetch.chart import Chart
from rules import remove
from rules._finding import Change, Finding
from rules._knowledge.knowledge import Knowledge
from rules._load import load
from rules._rule import Findings, Rule
from service.app import create_app
from service.settings import Settings
from service.tenants.sites import SiteCatalog, Sites
from tests.asgi import innermost, running
from tests.callers import PUBLIC
from tests.prefetch.servers import listening
from tests.service.telemetry.collector import collecting
from tests.service.telemetry.planted import PLANTED, forms, seen
from tests.service.telemetry.provoke import MOST, Provocation, chart, configure

ROOT = Path(__file__).parents[3]
EVERY_END = {200, 400, 401, 404, 405, 412, 413, 415, 422, 429}


def told(answers: list[httpx.Response]) -> list[str]:
    """What callers are told: the headers of every answer, and the body of every error."""
    return [
        str(answer.headers.multi_items()) + (answer.text if answer.status_code != 200 else "")
        for answer in answers
    ]


async def watched(client: httpx.AsyncClient) -> list[httpx.Response]:
    """What operators can ask for."""
    return [await client.get(path) for path in ("/metrics", "/readyz", "/healthz")]


@dataclass
class Started:
    """The service as a process.

    Attributes:
        url: where it listens.
        written: what it wrote, once it has ended.
    """

    url: str
    written: str = ""


@asynccontextmanager
async def process(folder: Path, base: str, **settings: str) -> AsyncIterator[Started]:
    """`python -m service`, at its most talkative."""
    environment = os.environ | {
        "PORT": "0",
        "CARDWISE_DATABASE": str(folder / "x.sqlite"),
        "CARDWISE_CONFIG": str(configure(folder, base)),
        "CARDWISE_MAX_BODY": str(MOST),
        "CARDWISE_LOG_LEVEL": "DEBUG",
        **settings,
    }
    errors = folder / "err"
    with errors.open("wb") as err:
        running = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "service", cwd=ROOT, env=environment, stdout=PIPE, stderr=err
        )
        assert running.stdout is not None
        greeting = (await running.stdout.readline()).decode()
        started = Started(greeting.split()[-1])
        try:
            yield started
        finally:
            running.terminate()
            rest = (await running.stdout.read()).decode()
            await running.wait()
            started.written = greeting + rest + errors.read_text()


@pytest.mark.parametrize("form", ["json", "text"])
async def test_a_real_process_shows_nothing(tmp_path: Path, form: str) -> None:
    """Both its outputs, its numbers, traces, health and errors."""
    double = chart()
    async with collecting() as collector, listening(double) as base:
        settings = {"CARDWISE_LOG_FORMAT": form, "CARDWISE_TRACES": collector.url}
        async with (
            process(tmp_path, base, **settings) as started,
            httpx.AsyncClient(base_url=started.url) as client,
        ):
            answers = [answer async for answer in Provocation(client, double, base).all()]
            asked = await watched(client)
    assert {answer.status_code for answer in answers} == EVERY_END
    for status in EVERY_END:
        assert re.search(rf"status\"?[=:] ?{status}\b", started.written), status
    assert len(collector.spans) > len(answers)
    shown = [*told(answers), *told(asked), *(answer.text for answer in asked)]
    assert not seen([*shown, started.written, *collector.bodies])


def breaks(chart: Chart, _: Knowledge) -> Findings:
    """A rule with a bug whose message quotes the patient."""
    yield Finding("info", "Something", about=chart.selected)
    raise KeyError(PLANTED["family name"], chart.patient_id)


def is_careless(chart: Chart, _: Knowledge) -> Findings:
    """A rule that suggests what it found, as it found it."""
    (order,) = chart.selected
    copied = Change("create", "Draft it again", resource={**order.resource, "id": "new"})
    again = dataclasses.replace(remove(order), changes=(copied,))
    yield Finding("info", "Something", about=(order,)).suggest(again)


def with_bugs(sites: Sites) -> Sites:
    """The same sites, with those two rules added."""
    (real,) = (rule for rule in load() if rule.id == "drug-allergy")
    added = [
        dataclasses.replace(real, id=check.__name__.replace("_", "-"), check=check)
        for check in (breaks, is_careless)
    ]
    rules: list[Rule] = [*load(), *added]
    return Sites(
        {
            name: dataclasses.replace(site, catalog=SiteCatalog(rules, site.tenant))
            for name, site in sites.by_id.items()
            if site.tenant
        }
    )


async def test_bugs_of_ours_show_nothing(tmp_path: Path, written: StringIO) -> None:
    """Rules that break or are careless, and a defect: their text would quote the patient."""
    broken = False

    def clock() -> datetime:
        if broken:
            raise OSError(PLANTED["family name"], PLANTED["birth date"])
        return datetime.now(UTC)

    double = chart()
    async with collecting() as collector, listening(double) as base:
        settings = Settings(
            public_url=PUBLIC,
            database=tmp_path / "x.sqlite",
            config=configure(tmp_path, base),
            traces=collector.url,
        )
        app: Any = create_app(settings, clock=clock)
        gate = innermost(app).state.cardwise.gate
        gate.replace(with_bugs(gate.sites))
        transport = httpx.ASGITransport(app)
        async with running(app), httpx.AsyncClient(transport=transport, base_url=PUBLIC) as client:
            provocation = Provocation(client, double, base)
            answers = [await provocation.sign()]
            assert "the check itself failed" in answers[0].text
            broken = True
            answers.append(await provocation.sign())
            asked = await watched(client)
    assert answers[-1].status_code == 500
    for line in ("rule breaks failed: KeyError", "suggestion left out", "unexpected OSError at"):
        assert line in written.getvalue()
    assert {"rule breaks", "rule is-careless"} <= {span.name for span in collector.spans}
    shown = [*told(answers), *told(asked), *(answer.text for answer in asked)]
    assert not seen([*shown, written.getvalue(), *collector.bodies])


@pytest.mark.parametrize("name", PLANTED)
def test_the_search_finds_what_is_there(name: str) -> None:
    """Each value, in each form, alone and in the midst of a line: otherwise nothing is proved."""
    for form in forms(PLANTED[name]):
        assert name in seen([f'{{"a": "{form}"}}'])
        assert name in seen([b"\x00", f"ms=1 {form.upper()}!".encode()])
    assert not seen(["", '{"message": "answered", "status": 200}'])


async def test_what_is_planted_arrives(tmp_path: Path) -> None:
    """Nearly every value is in what is sent, or in the chart: otherwise nothing is proved."""
    double = chart()
    sent: list[str | bytes] = []

    async def keep(request: httpx.Request) -> None:
        sent.extend((str(request.url), str(request.headers.multi_items()), request.content))
        token = request.headers.get("authorization", "").removeprefix("Bearer ").split(".")
        sent.extend(urlsafe_b64decode(f"{part}===") for part in token[:2] if part.isascii())

    configure(tmp_path, "http://127.0.0.1:1")
    hooks = {"request": [keep]}
    transport = httpx.ASGITransport(Response())
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC, event_hooks=hooks) as client:
        provocation = Provocation(client, double, "http://127.0.0.1:1")
        sent.extend([repr(double.usual) async for _ in provocation.all()])
    assert seen(sent) == PLANTED.keys()
