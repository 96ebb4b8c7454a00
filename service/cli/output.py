"""How the command speaks: through one console, plain where nobody watches in colour."""

import sys
from collections.abc import Sized
from functools import cache

from rich.console import Console
from rich.markup import escape

MARKS = {"critical": "bold red", "warning": "bold yellow", "info": "bold blue"}


@cache
def console() -> Console:
    """Where results go. Colours only on a terminal, and not where NO_COLOR is set."""
    return Console(highlight=False)


def say(text: str = "", style: str = "") -> None:
    """Print text as it is; lines are not broken where no terminal is to show them."""
    console().print(escape(text), style=style or None, soft_wrap=not console().is_terminal)


def count(things: Sized, noun: str) -> str:
    """How many there are: "1 rule", "2 rules"."""
    return f"{len(things)} {noun}{'' if len(things) == 1 else 's'}"


def complain(text: str) -> None:
    """Say what went wrong, where errors go."""
    sys.stderr.writelines(f"cardwise: {line}\n" for line in text.splitlines())
