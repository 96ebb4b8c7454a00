"""The `cardwise` command. One file for each command or group; each imports what it needs when run.

Exit status: 0 all is well, 1 something was found or failed, 2 the command was not understood.
"""

import sys

import typer

from hooks.errors import CardwiseError
from service.cli import audit, cases, knowledge, rules, serve, trial
from service.cli.output import complain

app = typer.Typer(
    name="cardwise",
    help="Decision support for CDS Hooks: serve it, and write and test its rules.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("serve")(serve.serve)
app.add_typer(rules.app, name="rules")
app.command("test")(cases.run)
app.command("try")(trial.try_order)
app.command("request")(cases.request)
app.add_typer(knowledge.app, name="knowledge")
app.add_typer(audit.app, name="audit")


def run() -> None:
    """The installed command."""
    sys.exit(main())


def main(words: list[str] | None = None) -> int:
    """Run the command with these words, or those it was started with; return the exit status."""
    try:
        app(words, prog_name="cardwise")
    except CardwiseError as error:
        complain(str(error))
        return 2
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 2
    return 0
