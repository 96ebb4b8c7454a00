"""`cardwise rules`: list, show, begin, check, and write pages."""

from pathlib import Path
from typing import Annotated

import typer

from service.cli import completion
from service.cli.output import complain, console, count, say

app = typer.Typer(
    help="The rules: list, show, begin a new one, check, write their pages.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
Named = Annotated[
    str,
    typer.Argument(
        metavar="RULE", help="A rule's id, or its folder.", autocompletion=completion.rule_ids
    ),
]


@app.command("list")
def list_rules() -> None:
    """List every rule that a service started here would have.

    For example: `cardwise rules list`
    """
    from service.cli.here import rules_here

    rules = rules_here()
    width = max(len(rule.id) for rule in rules)
    for rule in rules:
        say(f"{rule.id:<{width}}  {rule.version}  {rule.status:<7}  {rule.title}")


@app.command()
def show(rule: Named) -> None:
    """Show a rule's page: what it checks, when it is silent, its evidence.

    For example:

    - `cardwise rules show drug-allergy`
    - `cardwise rules show ~/our-rules/warfarin_nsaid`
    """
    from service.cases.selection import rule_called
    from service.cli.here import rules_here

    found = rule_called(rule, rules_here())
    say(found.title, "bold")
    say(f"{found.id} {found.version}, {found.status}, reviewed {found.reviewed}")
    say(
        f"on {', '.join(found.hooks)}; needs {', '.join(n.words for n in found.needs) or 'no data'}"
    )
    for heading, text in found.page.items():
        say(f"\n{heading}", "bold")
        say(text)
    say("\nIn", "bold")
    say(f"{found.folder}, {len(list(found.folder.glob('cases/*.json')))} cases")


@app.command()
def new(
    name: Annotated[
        str, typer.Argument(help="The situation, in words joined by _, as in metformin_low_egfr.")
    ],
    directory: Annotated[
        Path, typer.Option("--dir", help="The directory of rules it goes into.")
    ] = Path(),
    table: Annotated[
        bool, typer.Option("--table", help="A rule that is a table, without code.")
    ] = False,
) -> None:
    """Begin a rule: a folder with a page to fill in, code that works, and cases that pass.

    For example:

    - `cardwise rules new warfarin_nsaid --dir ~/our-rules`
    - `cardwise rules new antibiotics_low_egfr --dir ~/our-rules --table`
    """
    from service.scaffold import begin

    for path in begin(name, directory, table=table):
        say(str(path))
    say(f"\nNext: edit {directory / name / '__init__.py'}, and run")
    say(f"  cardwise test {directory / name} --watch")


@app.command()
def check(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="RULE|PATH", autocompletion=completion.rule_ids),
    ] = None,
) -> None:
    """Check rules without running them: that they load, their pages, links and cases.

    For example:

    - `cardwise rules check`
    - `cardwise rules check ~/our-rules`
    """
    from service.cases.check import findings
    from service.cases.selection import folders_called
    from service.cli.here import rules_here

    folders = folders_called(words or [], rules_here)
    found = [finding for folder in folders for finding in findings(folder)]
    for finding in found:
        say(finding)
    if found:
        complain(f"{len(found)} to look at in {count(folders, 'rule')}")
        raise typer.Exit(1)
    say(f"{count(folders, 'rule')}: nothing to say", "green")


@app.command()
def pages(
    folder: Annotated[Path, typer.Argument(metavar="OUT_DIR", help="Made if it is not there.")],
) -> None:
    """Write every rule's page as a file, with worked examples, for any web server.

    For example: `cardwise rules pages public/rules`
    """
    from service.cli.here import rules_here
    from service.pages.static import write

    with console().status("Working out the examples"):
        written = write(folder, rules_here())
    say(f"{len(written)} pages in {folder}")


@app.command()
def vocabulary() -> None:
    """Print all that a rule may use, as a page; docs/rules/vocabulary.md is made by this.

    For example: `cardwise rules vocabulary > docs/rules/vocabulary.md`
    """
    from service.vocabulary import page

    typer.echo(page(), nl=False)
