"""`cardwise test` and `cardwise request`: cases, run or sent by hand."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from service.cli import completion

Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="RULE|CASE|PATH",
        help="A rule's id, rule/case, or the path of a rule, a case, or a directory of rules. "
        "Nothing means every rule.",
        autocompletion=completion.case_names,
        show_default=False,
    ),
]


def run(
    words: Words = None,
    watch: Annotated[bool, typer.Option("--watch", help="Run again when a file changes.")] = False,
    junit: Annotated[Path | None, typer.Option(help="Write a JUnit report there.")] = None,
    update: Annotated[
        bool, typer.Option("--update", help="Write the cards found now into the cases.")
    ] = False,
) -> None:
    """Run rules' cases: each in every way a request may come.

    For example:

    - `cardwise test` runs every rule
    - `cardwise test drug-allergy` runs one rule, with the branches its cases miss
    - `cardwise test drug-allergy/fires_on_select` runs one case
    - `cardwise test ~/our-rules --junit report.xml`
    - `cardwise test ~/our-rules --update`, then read `git diff`
    """
    from service.cli.testing import once, watch_and_repeat

    passed = once(words or [], junit, update=update)
    if watch:
        watch_and_repeat(words or [])
    raise typer.Exit(0 if passed else 1)


def request(
    case: Annotated[
        str, typer.Argument(help="The case, as rule/case.", autocompletion=completion.case_names)
    ],
    url: Annotated[str, typer.Option(help="Where the service runs.")] = "http://127.0.0.1:8000",
    prefetched: Annotated[
        bool, typer.Option("--prefetched", help="Send all data along, for a service elsewhere.")
    ] = False,
) -> None:
    """Print a case as a curl command.

    A case on one of the demo's charts is sent as the demo EHR would send it: the service reads the
    chart there. Any other comes with its data prefetched.

    For example:

    - `cardwise request drug-allergy/fires_same_class | sh`
    - `cardwise request drug-allergy/fires_same_class --prefetched --url https://cds.example.org`
    """
    from service.cases.posting import posting
    from service.cases.selection import selected
    from service.cli.here import rules_here

    [selection] = selected([case], rules_here())
    path, body = posting(selection, url.rstrip("/"), prefetched=prefetched)
    header = "-H 'Content-Type: application/json'"
    typer.echo(f"curl -s {shlex.quote(url.rstrip('/') + path)} {header} -d {shlex.quote(body)}")
