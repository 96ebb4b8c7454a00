"""What pytest collects of a rule's folder: its cases, their variants, and the cases as a whole."""

import asyncio
from collections.abc import Iterable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from hooks.errors import CardwiseError
from rules._load import load_folder
from rules._rule import Rule
from service.cases.case import Case, cases_of, read
from service.cases.harness import Harness, opened
from service.cases.outcome import Outcome
from service.cases.suite import faults
from service.cases.table import table_of
from service.cases.variants import FETCHED, Variant, variants


class Bench:
    """The services that cases are run against, one for each rule, kept for the session."""

    def __init__(self) -> None:
        self._loop = asyncio.Runner()
        self._open = AsyncExitStack()
        self._harnesses: dict[Path, Harness] = {}

    def outcome(self, rule: Rule, case: Case, variant: Variant) -> Outcome:
        """What comes of a case in a variant."""
        return self._loop.run(self._outcome(rule, case, variant))

    async def _outcome(self, rule: Rule, case: Case, variant: Variant) -> Outcome:
        if rule.folder not in self._harnesses:
            harness = await self._open.enter_async_context(opened([rule]))
            self._harnesses[rule.folder] = harness
        return await self._harnesses[rule.folder].outcome(case, variant)

    def close(self) -> None:
        """Stop the services."""
        self._loop.run(self._open.aclose())
        self._loop.close()


def bench_of(config: pytest.Config) -> Bench:
    """The session's bench, stopped when the session ends."""
    if _BENCH not in config.stash:
        config.stash[_BENCH] = Bench()
        config.add_cleanup(config.stash[_BENCH].close)
    return config.stash[_BENCH]


_BENCH = pytest.StashKey[Bench]()


class RuleFolder(pytest.Directory):
    """A rule's folder."""

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        """Its cases, then one test of them as a whole."""
        yield CasesFolder.from_parent(self, path=self.path / "cases")
        yield Whole.from_parent(self, name="cases as a whole")


class CasesFolder(pytest.Directory):
    """The cases of a rule."""

    def collect(self) -> Iterable[pytest.Collector]:
        """Each case."""
        for path in sorted((*self.path.glob("*.json"), *self.path.glob("table.tsv"))):
            kind = CaseFile if path.suffix == ".json" else TableFile
            yield kind.from_parent(self, path=path)


class CaseFile(pytest.File):
    """A case."""

    def collect(self) -> Iterable[pytest.Item]:
        """Its variants."""
        try:
            rule = load_folder(self.path.parent.parent)
            case = read(self.path)
        except CardwiseError as error:
            raise self.CollectError(str(error)) from None
        for variant in variants(case, rule):
            yield CaseItem.from_parent(
                self, name=variant.name, rule=rule, case=case, variant=variant
            )


class TableFile(pytest.File):
    """A table of cases."""

    def collect(self) -> Iterable[pytest.Item]:
        """Its rows."""
        try:
            rule = load_folder(self.path.parent.parent)
            cases = list(table_of(rule))
        except CardwiseError as error:
            raise self.CollectError(str(error)) from None
        for case in cases:
            yield CaseItem.from_parent(
                self, name=f"line {case.line}", rule=rule, case=case, variant=FETCHED
            )


class Failed(Exception):
    """A case or the cases are not as they should be; the message is all there is to say."""


class _Item(pytest.Item):
    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The review itself, without our own stack."""
        if isinstance(excinfo.value, Failed | CardwiseError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)


class CaseItem(_Item):
    """One variant of a case."""

    def __init__(self, *, rule: Rule, case: Case, variant: Variant, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._rule, self._case, self._variant = rule, case, variant

    def runtest(self) -> None:
        """Run it; a case known to be wrong is an expected failure."""
        outcome = bench_of(self.config).outcome(self._rule, self._case, self._variant)
        if not outcome.passed:
            raise Failed(outcome.review())
        if outcome.known_wrong:
            pytest.xfail(self._case.written.known_wrong)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where it is, and what it is called in the report of a failure."""
        return self.path, 0, f"{self._case.id} ({self._variant.name})"


class Whole(_Item):
    """What no single case says: that some fire, some are silent, and no two are the same."""

    def runtest(self) -> None:
        """Look at all cases of the rule."""
        found = list(faults(load_folder(self.path), list(cases_of(self.path))))
        if found:
            raise Failed("\n".join(found))

    def reportinfo(self) -> tuple[Path, int, str]:
        """The folder."""
        return self.path, 0, f"{self.path.name}: cases as a whole"
