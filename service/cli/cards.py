"""Cards in the terminal, as a clinician would see them."""

from rich.console import Group, RenderableType
from rich.markdown import Markdown
from rich.padding import Padding
from rich.panel import Panel
from rich.text import Text

from hooks.cards import Card
from service.cases.explain import Explanation
from service.cli.output import MARKS, console, count, say


def show(card: Card) -> None:
    """Print a card."""
    parts: list[RenderableType] = [Text(card.summary, style="bold")]
    if card.detail:
        parts.append(Padding(Markdown(card.detail), (1, 0, 0, 0)))
    for suggestion in card.suggestions or ():
        parts.append(Text(f"\n[ {suggestion.label} ]", style="bold"))
        parts += [Text(f"    {a.type}: {a.description}") for a in suggestion.actions or ()]
    if card.overrideReasons:
        reasons = "; ".join(str(reason.display) for reason in card.overrideReasons)
        parts.append(Text(f"\nKeep it because: {reasons}", style="dim"))
    source = " - ".join(filter(None, (card.source.label, card.source.url)))
    parts.append(Text(f"\nSource: {source}", style="dim"))
    title = Text(card.indicator.upper(), style=MARKS[card.indicator])
    console().print(Panel(Group(*parts), title=title, title_align="left", border_style="dim"))


def show_reasons(told: Explanation) -> None:
    """Print where the data came from, and what each rule did."""
    say("Data", "bold")
    for data in told.data:
        reason = f": {data.reason.words} ({data.reason})" if data.reason else ""
        held = f", {count(list(data), 'resource')}" if data.obtained else ""
        say(f"  {data.need.words}: {data.state}{reason}{held}")
    say("Rules", "bold")
    for each in told.rules:
        ran = each.outcome == "ran"
        silent = f", {each.found} to say" if each.found else ", silent"
        say(f"  {each.rule.id} {each.rule.version}: {each.outcome}{silent if ran else ''}")
        for name, value in each.read.items():
            say(f"    read {name}: {value}")
