"""`cardwise try`: an order, or opening the chart, tried on any patient's chart."""

import asyncio
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli import completion
from service.cli.output import complain, console, say

if TYPE_CHECKING:
    from service.cases.case import Case
    from service.cases.explain import Explanation

_MOST_MATCHES = 9


def try_order(  # noqa: PLR0913, PLR0917 - each is an option of the command
    chart: Annotated[
        str,
        typer.Argument(
            metavar="BUNDLE",
            help="A FHIR Bundle of one patient, or the name of a shipped chart.",
            autocompletion=completion.chart_names,
        ),
    ],
    order: Annotated[
        list[str] | None, typer.Option(help="A drug to order, in words or as an RxNorm code.")
    ] = None,
    hook: Annotated[
        str,
        typer.Option(
            help="The hook: order-sign where there is an order, else patient-view.",
            autocompletion=completion.hook_names,
            show_default=False,
        ),
    ] = "",
    rule: Annotated[
        list[str] | None,
        typer.Option(help="Only this rule: an id or a path.", autocompletion=completion.rule_ids),
    ] = None,
    day: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day; today if not given.")
    ] = None,
    patient: Annotated[str, typer.Option(help="Which patient, if the Bundle has several.")] = "",
    explain: Annotated[
        bool, typer.Option("--explain", help="Also show data, states, and what each rule did.")
    ] = False,
) -> None:
    """Show the cards a clinician would see for a patient's chart.

    For example:

    - `cardwise try penicillin-anaphylaxis --order "amoxicillin 500 mg"`
    - `cardwise try patient.json --order 308191 --explain`
    - `cardwise try patient.json --hook patient-view --rule ~/our-rules/warfarin_nsaid`
    """
    from service.cases.explain import explain as explained
    from service.cases.selection import rule_called
    from service.cli.here import rules_here

    codes = [_drug(text) for text in order or []]
    every = rules_here()
    rules = [rule_called(word, every) for word in rule] if rule else list(every)
    today = day.date() if day else datetime.now(UTC).astimezone().date()
    case = _case(chart, patient, hook or ("order-sign" if codes else "patient-view"), codes, today)
    _show(asyncio.run(explained(case, rules)), explain=explain)


def _case(chart: str, patient: str, hook: str, codes: list[str], today: date) -> "Case":
    from hooks.errors import CaseError
    from rules import _charts
    from service.cases.case import Case, Written, require_hook
    from service.cases.chart import load

    require_hook(hook, "--hook")
    path = Path(chart)
    if not path.exists() and chart in _charts.names():
        path = Path(_charts.__file__).parent / f"{chart}.json"
    if not path.exists():
        raise CaseError(
            f"{chart}: no such file, and no chart of that name; there are "
            + ", ".join(_charts.names())
        )
    written = Written(why="Tried by hand.", hook=hook, today=today, orders=list(codes), cards=[])
    return Case(path, written, load(path.resolve(), patient))


def _drug(text: str) -> str:
    """The RxNorm code that is meant; asks where it could be several, and somebody is there."""
    from rules._knowledge.knowledge import Knowledge

    know = Knowledge.shipped()
    if know.name(text) != text:
        return text
    found = know.search(text, _MOST_MATCHES)
    exact = [code for code, name in found if name.casefold() == text.casefold()]
    if len(exact) == 1 or len(found) == 1:
        return exact[0] if exact else found[0][0]
    if not found:
        complain(f"--order: no drug is known whose name has the words {text!r}")
        raise typer.Exit(2)
    return _choice(text, found)


def _choice(text: str, found: list[tuple[str, str]]) -> str:
    say(f"{text!r} could be:")
    for number, (code, name) in enumerate(found, 1):
        say(f"  {number}  {name}  ({code})")
    if not console().is_terminal:
        complain(f"say which, by its code: --order {found[0][0]}")
        raise typer.Exit(2)
    chosen: int = typer.prompt("Which one?", type=int, default=1)
    return found[min(max(chosen, 1), len(found)) - 1][0]


def _show(told: "Explanation", *, explain: bool) -> None:
    from service.cli import cards

    for card in told.cards:
        cards.show(card)
    if told.refused:
        say(f"Nothing could be checked: {told.refused}", "bold red")
    elif not any(each.outcome == "ran" for each in told.rules):
        say("No card: no rule was asked.", "bold red")
        for each in told.rules:
            say(f"  {each.rule.id} {each.outcome}")
    elif not told.cards:
        say("No card: everything was checked, and there is nothing to say.")
    if explain:
        cards.show_reasons(told)
