"""`cardwise knowledge`: what is known of drugs and allergens, and from where."""

from typing import Annotated

import typer

from service.cli.output import complain, say

app = typer.Typer(
    help="What is known of drugs and allergens, and from where.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


@app.callback()
def knowledge() -> None:
    """What is known of drugs and allergens, and from where."""


@app.command()
def show(
    term: Annotated[str, typer.Argument(help="A code, or a name as on an order or an allergy.")],
) -> None:
    """Show what a code or name is taken for, as a drug and as an allergen.

    For example:

    - `cardwise knowledge show 308191`
    - `cardwise knowledge show "Bactrim DS"`
    - `cardwise knowledge show 91936005`
    """
    from service.cli.known import told

    lines = list(told(term))
    for line in lines:
        say(line)
    if not lines:
        complain(f"{term}: not known here, neither as a drug nor as an allergen")
        raise typer.Exit(1)
