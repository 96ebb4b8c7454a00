"""One call, taken apart: the data with its states, what each rule read, and what came of it."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import msgspec

import hooks
from hooks.cards import Card, Source
from hooks.errors import PreconditionFailed
from hooks.request import read_request
from prefetch.chart import Chart
from prefetch.client import FhirClient
from prefetch.data import Data
from prefetch.drafts import selected_drafts
from prefetch.gather import Gatherer
from prefetch.needs import Need
from prefetch.not_on_file import NotOnFile
from prefetch.origins import AllowedServers
from prefetch.references import name_of
from rules._actions import warm_up
from rules._cards import Call
from rules._evaluate import Evaluation, Evaluator, applicable
from rules._finding import Finding, NotChecked
from rules._knowledge.knowledge import Knowledge
from rules._rule import Findings, Rule
from service.cases.case import Case
from service.cases.chart import BASE
from service.cases.ehr import Ehr, context_of, request

_PATIENCE: Final = 30.0
_PAGES: Final = "http://127.0.0.1:8000/rules"


@dataclass
class Told:
    """What one rule did.

    Attributes:
        rule: the rule.
        outcome: ran, blocked, failed, or why it was not asked.
        found: how many findings and gaps it yielded.
        is_over: whether it ran to its end.
        read: the parts of the chart it looked at, each with what they hold.
    """

    rule: Rule
    outcome: str
    found: int = 0
    is_over: bool = False
    read: dict[str, str] = field(default_factory=dict)


@dataclass
class Explanation:
    """A call's cards and how they came about.

    Attributes:
        cards: for the clinician.
        refused: why nothing could be checked; "" when something was.
        data: what is known under each key.
        rules: what each rule did.
    """

    cards: list[Card]
    refused: str
    data: list[Data]
    rules: list[Told]


async def explain(case: Case, rules: Sequence[Rule]) -> Explanation:
    """Answer a case as the service would, and tell how."""
    ehr = Ehr()
    ehr.open(case.chart.server)
    client = FhirClient(transport=ehr.transport)
    try:
        return await _explained(case, rules, client)
    finally:
        await client.aclose()


async def _explained(case: Case, rules: Sequence[Rule], client: FhirClient) -> Explanation:
    sent = request(case, context_of(case, case.drafts()))
    call = read_request(msgspec.json.encode(sent), hooks.contexts())
    drafts = selected_drafts(call.context)
    asked = applicable(rules, call.hook, drafts)
    deadline = asyncio.get_running_loop().time() + _PATIENCE
    servers = AllowedServers(frozenset({BASE}))
    gatherer = Gatherer(client, servers, call, case.written.today, deadline)
    told = [Told(rule, "ran" if rule in asked else _why_not(rule, call.hook)) for rule in rules]
    warm_up()
    watched = [_watched(each) for each in told if each.rule in asked]
    names = frozenset(map(name_of, call.context.draft_resources))
    about = Call(call.hook_instance, names, _PAGES, Source(label="Cardwise"))
    refused = ""
    evaluator = Evaluator(watched, Knowledge.shipped(), about, drafts)
    chart = await gatherer.chart(
        [need for rule in asked for need in rule.needs],
        [need for rule in asked for need in rule.helped_by],
    )
    while wanted := evaluator.run(chart):
        chart = await gatherer.more(chart, wanted)
    try:
        result = evaluator.result(chart)
    except PreconditionFailed as error:
        refused, result = str(error), Evaluation()
        result.blocked = {rule.id: [] for rule in watched}
    _mark(told, result)
    keys = dict.fromkeys(need.key for rule in asked for need in rule.queries)
    data = [found for key in keys if (found := chart.data(key)) is not None]
    return Explanation(result.cards, refused, data, told)


def _mark(told: list[Told], result: Evaluation) -> None:
    for each in told:
        if each.rule.id in result.blocked:
            each.outcome = "could not run: required data is missing"
        elif each.rule.id in result.failed:
            each.outcome = "failed"
        elif each.rule.id in result.cut:
            each.outcome = "cut off: it took too long, or found too much"


def _why_not(rule: Rule, hook: str) -> str:
    if rule.status == "retired":
        return "retired"
    if hook not in rule.hooks:
        return f"does not answer {hook}"
    return f"no {' or '.join(rule.orders)} among the orders"


def _watched(told: Told) -> Rule:
    """The rule, with a chart that remembers what was read of it."""
    check = told.rule.check

    def watched(chart: Chart, *rest: Any) -> Findings:
        if chart.is_trial or told.is_over:  # asked of what another rule suggests
            yield from check(chart, *rest)
            return
        told.found = 0  # a rule that came to what was not read yet begins anew
        for found in check(_Watching(chart, told.read), *rest):
            told.found += isinstance(found, Finding | NotChecked)
            yield found
        told.is_over = True

    return replace(told.rule, check=watched)


class _Watching:
    """A chart that notes what was read of it, and what was answered."""

    def __init__(self, chart: Chart, read: dict[str, str]) -> None:
        self._chart = chart
        self._read = read

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._chart, name)
        if callable(value):
            return self._noting(name, value)
        self._read[name] = _shown(value)
        return value

    def _noting(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        """A method that notes its answers."""

        def noting(*given: Any, **named: Any) -> Any:
            answer = method(*given, **named)
            about = ", ".join(each.words for each in given if isinstance(each, Need))
            self._read[f"{name}({about})"] = _shown(answer)
            return answer

        return noting


def _shown(value: Any) -> str:
    """A part of the chart in a few words."""
    if isinstance(value, NotOnFile):
        return str(value)
    if isinstance(value, tuple):
        return ", ".join(map(_shown, value)) or "none"
    substance = getattr(value, "substance", None)
    words = (getattr(substance, "label", ""), getattr(value, "label", ""))
    return next(filter(None, (*words, getattr(value, "shown", ""))), "") or str(value)
