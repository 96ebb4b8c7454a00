"""The rules that are served: ours, and sites' own; in development they follow every edit."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from hooks.errors import RuleError
from rules._load import distinct, folders, load, load_folder, packaged
from rules._rule import Rule

_log: Final = logging.getLogger("cardwise.rules")
Marks = dict[Path, tuple[tuple[str, int, int], ...]]


class RuleBook:
    """Every rule there is. One per process.

    Attributes:
        rules: those in force.
        errors: why a folder could not be loaded since, by the folder; only in development.
    """

    rules: tuple[Rule, ...]
    errors: Mapping[Path, str]

    def __init__(
        self,
        directories: Sequence[Path] = (),
        *,
        watched: bool = False,
        rules: Sequence[Rule] | None = None,
    ) -> None:
        """Load them.

        Args:
            directories: sites' own.
            watched: whether `refresh` looks for changes in these.
            rules: others in place of the house's and of installed packages'.

        Raises:
            RuleError: a rule cannot be loaded; says where and what to do.
        """
        if rules is None:
            self.rules = load((*directories, *packaged()))
        else:
            own = [load_folder(folder) for path in directories for folder in folders(path)]
            self.rules = distinct((*rules, *own))
        self.errors = {}
        self._watched = tuple(path.resolve() for path in directories) if watched else ()
        self._marks = self._look()

    def refresh(self) -> bool:
        """Load what was edited since; whether anything was.

        A folder that cannot be loaded keeps the rule it held, which then says that it is stale.
        """
        marks = self._look()
        if marks == self._marks:
            return False
        before, self._marks = self._marks, marks
        kept = {rule.folder: rule for rule in self.rules}
        others = [rule for rule in self.rules if rule.folder.parent not in self._watched]
        errors: dict[Path, str] = {}
        own = [
            kept[folder]
            if folder in kept and mark == before.get(folder) and not kept[folder].stale
            else self._reloaded(folder, kept.get(folder), errors)
            for folder, mark in marks.items()
        ]
        try:
            self.rules = distinct((*others, *filter(None, own)))
        except RuleError as error:
            _log.error("rules not reloaded, the earlier ones stay: %s", error)
        self.errors = errors
        return True

    def watching(self, app: ASGIApp, use: Callable[[Sequence[Rule]], None]) -> ASGIApp:
        """The app, with a look for edits before each request where directories are watched.

        Args:
            app: the app.
            use: told of the rules when there are others.
        """
        if not self._watched:
            return app

        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http" and self.refresh():
                use(self.rules)
            await app(scope, receive, send)

        return watched

    def _look(self) -> Marks:
        """What tells each rule's text from what it was: its files, with times and sizes."""
        try:
            found = [folder for path in self._watched for folder in folders(path)]
            return {folder: _mark(folder) for folder in found}
        except (RuleError, OSError) as error:  # a file may go between being seen and looked at
            _log.error("rules not looked at, the earlier ones stay: %s", error)
            return self._marks

    def _reloaded(self, folder: Path, kept: Rule | None, errors: dict[Path, str]) -> Rule | None:
        try:
            rule = load_folder(folder)
        except RuleError as error:
            errors[folder] = str(error)
            stays = "the earlier version stays" if kept else "it is left out"
            _log.error("rule not loaded, %s: %s", stays, error)
            return replace(kept, stale=str(error)) if kept else None
        _log.info("rule loaded: %s %s (%s)", rule.id, rule.version, rule.digest)
        return rule


def _mark(folder: Path) -> tuple[tuple[str, int, int], ...]:
    files = ((path, path.stat()) for path in sorted(folder.rglob("*")) if path.is_file())
    return tuple(
        (str(path), stat.st_mtime_ns, stat.st_size) for path, stat in files if path.suffix != ".pyc"
    )
