"""Runs the code blocks of a page of the guide, one after the other, in one directory.

A block of `console` is run, and its output must be as shown: line by line, in order, where `…` is
anything. A block below "In `path`:" becomes that file; Python that begins with no docstring takes
the place of what stands below the docstring in the file.
"""

import ast
import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from service.cli import main

_BLOCK = re.compile(r"(?:^In `([^`]+)`:\n\n)?^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A code block: the file it is for, or "", its language, and its text."""

    path: str
    language: str
    text: str


def blocks(page: Path) -> Iterator[Block]:
    """The code blocks of a page."""
    for match in _BLOCK.finditer(page.read_text()):
        yield Block(match[1] or "", match[2], match[3])


def run(block: Block, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Run a block, or write its file."""
    if block.language == "console":
        for command, shown in commands(block.text):
            _run(command, shown, capsys)
        return
    assert block.path, f"a block of {block.language or 'nothing'} that is for no file"
    path = folder / block.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_below(path, block.text) if block.language == "python" else block.text)


def commands(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each command of a console block, with the lines that follow it."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, [line for line in output.splitlines() if line.strip()]


def _below(path: Path, text: str) -> str:
    if ast.get_docstring(ast.parse(text)) or not path.exists():
        return text
    before = path.read_text()
    return before[: before.index('"""', 3) + 3] + "\n\n" + text


def _run(command: str, shown: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    words = shlex.split(command)
    set_before = dict(os.environ)
    while "=" in words[0]:
        name, _, value = words.pop(0).partition("=")
        os.environ[name] = value
    program = words.pop(0)
    if program == "rm":
        for path in (path for word in words for path in Path().glob(word)):
            path.unlink()
        return
    assert program == "cardwise", command
    try:
        main(words)
    finally:
        os.environ.clear()
        os.environ.update(set_before)
    printed = capsys.readouterr()
    said = (printed.out + printed.err).splitlines()
    assert matches(shown, said), f"$ {command}\n" + "\n".join(said)


def matches(shown: list[str], said: list[str]) -> bool:
    """Whether the output is as shown, `…` being anything within a line or any lines."""
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "…" else f"{_line(line)}\n" for line in shown
    )
    lines = [line.rstrip() for line in said if line.strip()]
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in lines)) is not None


def _line(line: str) -> str:
    return ".*".join(re.escape(part.rstrip()) for part in line.split("…"))
