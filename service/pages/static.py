"""The rules' pages as files, to be put on any web server or read from a disk."""

from collections.abc import Sequence
from pathlib import Path

from rules._rule import Rule
from service.pages.rule import shown, worked_out
from service.pages.site import FILES, render


def write(folder: Path, rules: Sequence[Rule]) -> list[Path]:
    """Write `index.html` and a page for each rule; their links are relative."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = {"index": render("rules.html", {"title": "Rules", "rules": rules}, FILES)}
    for rule in rules:
        view = shown(rule, worked_out(rule))
        pages[rule.id] = render("rule.html", {"title": rule.title, "view": view}, FILES)
    written = []
    for name, text in pages.items():
        path = folder / f"{name}.html"
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written
