"""How the command speaks: through one console, plain where nobody watches in colour."""

import sys
from collections.abc import Callable, Iterator, Sized
from contextlib import contextmanager
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


@contextmanager
def watched(what: str) -> Iterator[Callable[[str, int], None]]:
    """Show, on a terminal only, that long work goes on: how many lines of which file are read."""
    if not console().is_terminal:
        yield lambda _part, _lines: None
        return
    with console().status(what) as status:
        yield lambda part, lines: status.update(f"{what}: {lines:,} lines of {escape(part)}")


def count(things: Sized, noun: str) -> str:
    """How many there are: "1 rule", "2 rules"."""
    return f"{len(things)} {noun}{'' if len(things) == 1 else 's'}"


def complain(text: str) -> None:
    """Say what went wrong, where errors go."""
    sys.stderr.writelines(f"cardwise: {line}\n" for line in text.splitlines())
