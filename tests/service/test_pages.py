"""The pages: every rule has one, made from what it says of itself, and none asks for anything."""

import asyncio
import base64
import hashlib
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from rules import needs
from rules._load import load
from rules._rule import Rule
from service.app import create_app
from service.cases.case import cases_of
from service.cases.posting import posting
from service.cases.selection import selected
from service.pages.attributes import attributes
from service.pages.markdown import to_html
from service.settings import Settings
from tests.asgi import running
from tests.site_rules import FIRES, SUMMARY, SiteRules

BASE = "http://127.0.0.1:8000"


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A browser, so to say, before the real app."""
    app = create_app(settings)
    transport = httpx.ASGITransport(app)
    async with running(app), httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        yield client


@pytest.fixture
async def pages(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """The pages of all rules of the house."""
    async with opened(Settings(database=tmp_path / "cardwise.sqlite")) as client:
        yield client


every_rule = pytest.mark.parametrize("rule", load(), ids=lambda rule: rule.id)


@every_rule
async def test_a_rule_has_a_page(pages: httpx.AsyncClient, rule: Rule) -> None:
    """The page shows title, every heading, version, source and needs."""
    page = await pages.get(f"/rules/{rule.id}")
    assert page.status_code == 200
    words = (need.words for need in rule.queries)
    for text in (rule.title, rule.version, rule.source.label, *rule.page, *words):
        assert text in page.text


@every_rule
async def test_cases_are_worked_examples(pages: httpx.AsyncClient, rule: Rule) -> None:
    """Each case is shown with why, and with the very summaries it expects, as cards."""
    page = await pages.get(f"/rules/{rule.id}")
    text = re.sub(r"\s+", " ", page.text)
    for case in cases_of(rule.folder):
        assert case.written.why.replace('"', "&#34;").replace("'", "&#39;") in text
    cards = sum(len(case.written.cards) for case in cases_of(rule.folder))
    assert page.text.count('<article class="card') == cards
    assert 'class="mark">' in page.text


@pytest.mark.parametrize("path", ["/", "/rules", "/rules/drug-allergy"])
async def test_pages_load_nothing(pages: httpx.AsyncClient, path: str) -> None:
    """A page has a strict policy that names its own style, no script, and nothing to fetch."""
    page = await pages.get(path)
    style = re.search(r"<style>(.*?)</style>", page.text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert f"style-src 'sha256-{digest}';" in policy
    assert "unsafe" not in policy
    assert not any(word in page.text for word in ("<script", "<img", "<link", "src=", "style="))


async def test_the_list_leads_to_every_rule(pages: httpx.AsyncClient) -> None:
    """Each rule is linked from the list of rules, and leads back."""
    page = await pages.get("/rules")
    assert all(f'href="/rules/{rule.id}"' in page.text for rule in load())
    assert 'href="/rules"' in (await pages.get("/rules/drug-allergy")).text


async def test_a_site_s_rule_has_a_page_whatever_its_cases(tmp_path: Path) -> None:
    """A rule in shadow shows what it would show; a case that cannot be read is named, not fatal."""
    site = SiteRules(tmp_path / "rules").usual()
    site.case("bent", FIRES, hook="order-dance")
    path = site.rule / "__init__.py"
    path.write_text(path.read_text().replace('version="1', 'status="shadow",\n    version="1'))
    settings = Settings(database=tmp_path / "cardwise.sqlite", rules=(site.directory,))
    async with opened(settings) as client:
        page = await client.get("/rules/an-order")
    assert "in shadow: evaluated, not shown" in page.text
    assert SUMMARY in page.text
    assert "The case bent.json cannot be read" in page.text


async def test_thresholds_are_shown(pages: httpx.AsyncClient) -> None:
    """The numbers a rule decides by are on its page, with what a site may set."""
    page = await pages.get("/rules/metformin-low-egfr")
    for name, threshold in next(r for r in load() if r.thresholds).thresholds.items():
        assert name in page.text
        assert threshold.range in page.text


async def test_a_page_that_is_not_there(pages: httpx.AsyncClient) -> None:
    """An unknown rule is 404."""
    assert (await pages.get("/rules/no-such-rule")).status_code == 404


async def test_health_answers(pages: httpx.AsyncClient) -> None:
    """The process says that it is there."""
    answer = await pages.get("/healthz")
    assert answer.json()["status"] == "ok"


@pytest.mark.parametrize(
    "text",
    ["<script>x</script>", "![x](http://x.test/y.png)", "[x](javascript:alert)", "<http://x.test>"],
)
def test_markdown_is_harmless(text: str) -> None:
    """Markdown becomes no script, no image and no link but to the web."""
    html = to_html(text)
    assert not any(word in html for word in ("<script", "<img", 'href="javascript'))


def test_a_bare_url_becomes_a_link() -> None:
    """A URL at the end of a sentence is a link without the full stop."""
    html = to_html("See https://doi.org/10.1016/j.jaci.2022.08.028.")
    assert 'href="https://doi.org/10.1016/j.jaci.2022.08.028"' in html


@every_rule
def test_the_thirteen_source_attributes_are_there(rule: Rule) -> None:
    """Every attribute of 170.315(b)(11)(iv)(A) has a value."""
    found = attributes(rule)
    assert len(found) == 13
    assert all(attribute.value for attribute in found)


def test_use_of_the_patient_is_read_off_the_rule() -> None:
    """A rule that does not ask for the patient uses neither birth date nor sex."""
    for rule in load():
        used = {attribute.name for attribute in attributes(rule) if attribute.value == "Yes."}
        if needs.patient not in rule.queries:
            assert not used & {"Use of date of birth", "Use of sex"}


@pytest.mark.parametrize("prefetched", [True, False])
def test_what_request_prints_is_answered(tmp_path: Path, *, prefetched: bool) -> None:
    """A case as it is printed to be sent by hand gets its card, from the demo EHR or prefetched."""
    [selection] = selected(["drug-allergy/fires_same_class"], load())
    path, body = posting(selection, BASE, prefetched=prefetched)
    assert ("prefetch" in json.loads(body)) is prefetched
    answer = asyncio.run(_posted(path, body, tmp_path / "cardwise.sqlite"))
    assert [card["indicator"] for card in answer.json()["cards"]] == ["critical"]


async def _posted(path: str, body: str, database: Path) -> httpx.Response:
    loop = _Loop()
    transport = httpx.ASGITransport(loop)
    loop.app = create_app(Settings(database=database), fhir_transport=transport)
    async with running(loop.app), httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        return await client.post(path, content=body)


class _Loop:
    """An app that reads its own demo EHR."""

    app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)
