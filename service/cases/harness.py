"""Runs cases against the real app, which reads a real FHIR server in memory."""

import logging
import tempfile
import traceback
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, time
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx

from hooks.errors import CardwiseError, CaseError
from rules._places import shown as place_of
from rules._rule import Findings, Rule
from service.app import create_app
from service.cases.asgi import running
from service.cases.case import Case
from service.cases.chart import BASE
from service.cases.compare import shown, unlike
from service.cases.ehr import Ehr, context_of, request
from service.cases.outcome import Outcome
from service.cases.selection import awake
from service.cases.variants import FETCHED, Variant, variants
from service.settings import Settings

Json = dict[str, Any]
_RULES_LOG = logging.getLogger("cardwise.rules")
_MIDDAY = time(12, tzinfo=UTC)


class Harness:
    """The service with some rules, and the EHR that calls it."""

    def __init__(self, rules: Sequence[Rule], folder: Path) -> None:
        """Make the app; its store is in `folder`."""
        self._broken: list[str] = []
        self._stopped: list[str] = []
        rules = [remembering(awake(rule), self._broken) for rule in rules]
        self.rules = {rule.id: rule for rule in rules}
        self._log = _Errors(self.rules)
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
            with self._log.kept():
                yield await self._informed()

    async def _informed(self) -> "Harness":
        """Itself, once it knows what the service offers."""
        offered = (await self._client.get("/cds-services")).json()["services"]
        self._services = {service["hook"]: service for service in offered}
        return self

    async def run(self, case: Case) -> list[Outcome]:
        """What came of the case in each of its variants."""
        rule = self._rule(case)
        return [await self.outcome(case, variant) for variant in variants(case, rule)]

    async def outcome(self, case: Case, variant: Variant) -> Outcome:
        """What came of the case in one variant."""
        if self._stopped:  # the service may leave the rule alone by now
            return Outcome(case, variant.name, self._stopped, [], answered=False)
        self._broken.clear()
        answer = await self.answer(case, variant)
        wrong = [f"the rule broke: {error}" for error in self._broken]
        self._stopped = [] if wrong else list(self._log.errors)
        wrong += self._stopped
        if variant.lacking and not wrong:
            must_speak = variant.required or bool(case.written.cards)
            wrong = _silence(answer) if must_speak else []
        elif answer.status_code != HTTPStatus.OK:
            wrong.append(f"{answer.status_code}: {answer.text}")
        if wrong or variant.lacking:
            return Outcome(case, variant.name, wrong, [], answered=False)
        found = shown(answer.json(), self._rule(case).id)
        return Outcome(case, variant.name, unlike(case, found), found)

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


class _Errors(logging.Handler):
    """What the service logs of these rules when they fail: no card, or a check without end."""

    def __init__(self, rules: Iterable[str]) -> None:
        super().__init__(logging.ERROR)
        self.errors: list[str] = []
        self._starts = tuple(f"rule {rule} " for rule in rules)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the message, if it is of one of the rules."""
        message = record.getMessage()
        if message.startswith(self._starts):
            self.errors.append(message)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Listen for as long as the block runs."""
        _RULES_LOG.addHandler(self)
        try:
            yield
        finally:
            _RULES_LOG.removeHandler(self)


def remembering(rule: Rule, broken: list[str]) -> Rule:
    """The same rule; what breaks in it is noted, with its line."""

    def check(*given: Any) -> Findings:
        try:
            yield from rule.check(*given)
        except CardwiseError:
            raise  # what is not known or not there; or a mistake that says its remedy itself
        except Exception as error:  # noqa: BLE001 - whatever breaks in a rule is told
            lines = traceback.extract_tb(error.__traceback__)
            own = [line for line in lines if Path(line.filename).is_relative_to(rule.folder)]
            place = f" at {place_of(Path(own[-1].filename))}:{own[-1].lineno}" if own else ""
            # it goes no further, lest the service leave the rule alone for the cases to come
            broken.append(f"{type(error).__name__}: {error}{place}")

    return replace(rule, check=check)


def _silence(answer: httpx.Response) -> list[str]:
    """What is wrong with an answer that had to say something, since data was missing."""
    if answer.status_code == HTTPStatus.PRECONDITION_FAILED:
        return []
    if answer.status_code == HTTPStatus.OK and answer.json()["cards"]:
        return []
    return [f"expected a card, or 412, since data was missing; found {answer.text}"]
