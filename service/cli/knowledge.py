"""`cardwise knowledge`: what is known of drugs and allergens, and from where."""

from pathlib import Path
from typing import Annotated

import typer

from service.cli.output import complain, say, watched

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


@app.command("import")
def import_releases(
    files: Annotated[
        list[Path], typer.Argument(help="NLM's RxNorm zip; FHIR ValueSets, ConceptMaps in JSON.")
    ],
    into: Annotated[
        Path, typer.Option(help="The file of imported knowledge; made if it is not there.")
    ] = Path("knowledge.sqlite"),
) -> None:
    """Read official releases into a file, which takes its place whole once all is read.

    A service that runs with `CARDWISE_KNOWLEDGE` set to that file goes on with the old one until it
    is told to reload.

    For example:

    - `cardwise knowledge import RxNorm_full_prescribe_11032026.zip`
    - `cardwise knowledge import allergens.json --into /srv/knowledge.sqlite`
    """
    from service.cli.importing import import_file

    for file in files:
        with watched(f"Reading {file.name}") as progress:
            told = import_file(file, into, progress)
        say(f"{file.name}: {told}")
