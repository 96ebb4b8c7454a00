"""Runs cases against the real app, which reads a real FHIR server in memory."""

import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, time
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx

from hooks.errors import CaseError
from rules._rule import Rule
from service.app import create_app
from service.cases.asgi import running
from service.cases.case import Case
from service.cases.chart import BASE
from service.cases.compare import differences, shown
from service.cases.ehr import Ehr, context_of, request
from service.cases.outcome import Outcome
from service.cases.selection import awake
from service.cases.variants import FETCHED, Variant, variants
from service.settings import Settings

Json = dict[str, Any]
_MIDDAY = time(12, tzinfo=UTC)


class Harness:
    """The service with some rules, and the EHR that calls it."""

    def __init__(self, rules: Sequence[Rule], folder: Path) -> None:
        """Make the app; its store is in `folder`."""
        rules = [awake(rule) for rule in rules]
        self.rules = {rule.id: rule for rule in rules}
        self.ehr = Ehr()
        self.day = date.min
        settings = Settings(
            public_url="https://cds.test",
            database=folder / "cases.sqlite",
            fhir_servers=frozenset({BASE}),
            deadline=30,
        )
        self.app = create_app(
            settings, clock=self._now, fhir_transport=self.ehr.transport, rules=tuple(rules)
        )
        transport = httpx.ASGITransport(self.app)
        self._client = httpx.AsyncClient(transport=transport, base_url=settings.base_url)
        self._services: dict[str, Json] = {}

    def _now(self) -> datetime:
        return datetime.combine(self.day, _MIDDAY)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Harness"]:
        """Start the app, learn what it offers, and stop it when the block ends."""
        async with running(self.app), self._client:
            offered = (await self._client.get("/cds-services")).json()["services"]
            self._services = {service["hook"]: service for service in offered}
            yield self

    async def run(self, case: Case) -> list[Outcome]:
        """What came of the case in each of its variants."""
        rule = self._rule(case)
        return [await self.outcome(case, variant) for variant in variants(case, rule)]

    async def outcome(self, case: Case, variant: Variant) -> Outcome:
        """What came of the case in one variant."""
        answer = await self.answer(case, variant)
        if variant.lacking:
            must_speak = variant.required or bool(case.written.cards)
            return Outcome(case, variant.name, _silence(answer) if must_speak else [], [])
        if answer.status_code != HTTPStatus.OK:
            return Outcome(case, variant.name, [f"{answer.status_code}: {answer.text}"], [])
        found = shown(answer.json(), self._rule(case).id)
        return Outcome(case, variant.name, differences(case.written.cards, found), found)

    async def answer(self, case: Case, variant: Variant = FETCHED) -> httpx.Response:
        """The service's answer."""
        self.day = case.written.today
        sent = await self.request(case, variant)
        return await self._client.post(self.path(case), json=sent)

    def path(self, case: Case) -> str:
        """Where a case is posted."""
        return f"/cds-services/{self._service(case)['id']}"

    async def request(self, case: Case, variant: Variant) -> Json:
        """The request that is sent for a case, whose chart the EHR's server now holds."""
        self.ehr.open(variant.server(case))
        context = context_of(case, variant.drafts(case))
        if not variant.prefetched:
            return request(case, context)
        templates = dict(self._service(case).get("prefetch", {}))
        templates.pop(variant.lacking, None)
        prefetch = await self.ehr.prefetched(templates, context, case.written.today)
        return request(case, context, prefetch, server=self._must_read(case, variant))

    def _must_read(self, case: Case, variant: Variant) -> bool:
        """Whether prefetch alone cannot give all of the chart: other drugs, or other queries."""
        if variant.lacking:
            return False
        advertised = self._service(case).get("prefetch", {})
        asked = {need.key for need in self._rule(case).queries}
        return bool(case.chart.server.resources("Medication")) or bool(asked - advertised.keys())

    def _service(self, case: Case) -> Json:
        try:
            return self._services[case.written.hook]
        except KeyError:
            raise CaseError(f"{case.path}: no service answers {case.written.hook}") from None

    def _rule(self, case: Case) -> Rule:
        return self.rules[case.rule.replace("_", "-")]


@asynccontextmanager
async def opened(rules: Sequence[Rule]) -> AsyncIterator[Harness]:
    """The service with these rules, for as long as the block runs."""
    with tempfile.TemporaryDirectory(prefix="cardwise-") as folder:
        async with Harness(rules, Path(folder)).running() as harness:
            yield harness


def _silence(answer: httpx.Response) -> list[str]:
    """What is wrong with an answer that had to say something, since data was missing."""
    if answer.status_code == HTTPStatus.PRECONDITION_FAILED:
        return []
    if answer.status_code == HTTPStatus.OK and answer.json()["cards"]:
        return []
    return [f"expected a card, or 412, since data was missing; found {answer.text}"]
