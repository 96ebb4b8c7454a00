"""What a rule is, and the decorator that makes one of a generator function."""

import inspect
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

import hooks
from hooks.cards import Source
from hooks.errors import RuleError
from prefetch.chart import Chart
from prefetch.needs import Need
from rules._finding import Finding, NotChecked
from rules._knowledge.knowledge import Knowledge

Status = Literal["active", "shadow", "retired"]
Findings = Iterator[Finding | NotChecked]
Check = Callable[[Chart, Knowledge], Findings]

HEADINGS: Final = (
    "What it checks",
    "Why it matters",
    "When it stays silent",
    "What it suggests",
    "Known limits",
    "Evidence",
    "History",
)
_OPTIONAL_HEADINGS: Final = frozenset({"What it suggests", "Known limits"})
_VERSION: Final = re.compile(r"\d+\.\d+\.\d+")


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with its metadata.

    Attributes:
        id: the folder's name with dashes; also the page's name.
        title: the first line of the docstring.
        page: the docstring below the title, heading by heading.
        check: the generator that yields findings.
        hooks: the hooks it answers.
        checks: what it looks for in a clinician's words, to follow "Not checked: ".
        needs: data without which it cannot run.
        helped_by: data it uses when it is there.
        orders: resource types of draft orders it advises on; empty when it is not about orders.
        source: the guideline behind its cards.
        version: its own, as major.minor.patch.
        reviewed: the day a clinician last reviewed it, ISO.
        status: active (shown), shadow (evaluated, not shown) or retired (not evaluated).
    """

    id: str
    title: str
    page: dict[str, str]
    check: Check
    hooks: tuple[str, ...]
    checks: str
    needs: tuple[Need, ...]
    helped_by: tuple[Need, ...]
    orders: tuple[str, ...]
    source: Source
    version: str
    reviewed: str
    status: Status

    @property
    def queries(self) -> tuple[Need, ...]:
        """All data it would like, required first."""
        return (*self.needs, *self.helped_by)


def rule(
    *,
    hooks: tuple[str, ...],
    checks: str,
    needs: tuple[Need, ...],
    source: Source,
    version: str,
    reviewed: str,
    helped_by: tuple[Need, ...] = (),
    orders: tuple[str, ...] = (),
    status: Status = "active",
) -> Callable[[Check], Rule]:
    """Make a rule of a generator function; the arguments are `Rule`'s attributes.

    Raises:
        RuleError: the docstring or the metadata is not as it must be; says what to change.
    """

    def make(check: Check) -> Rule:
        module = sys.modules[check.__module__]
        name = check.__module__.rpartition(".")[2]
        title, page = read_page(module.__doc__ or "", name)
        _require_known_hooks(name, hooks)
        if not _VERSION.fullmatch(version):
            raise RuleError(f"rules/{name}: version must be like 1.0.0, not {version!r}")
        if not inspect.isgeneratorfunction(check):
            raise RuleError(f"rules/{name}: {check.__name__} must yield its findings")
        return Rule(
            id=name.replace("_", "-"),
            title=title,
            page=page,
            check=check,
            hooks=hooks,
            checks=checks,
            needs=needs,
            helped_by=helped_by,
            orders=orders,
            source=source,
            version=version,
            reviewed=reviewed,
            status=status,
        )

    return make


def read_page(docstring: str, name: str) -> tuple[str, dict[str, str]]:
    """Split a rule's docstring into its title and its headed sections.

    Raises:
        RuleError: a heading is missing, unknown, or out of order.
    """
    title, *lines = inspect.cleandoc(docstring).splitlines() or [""]
    page: dict[str, str] = {}
    heading = ""
    for line in lines:
        if line.endswith(":") and line[:-1] in HEADINGS:
            heading = line[:-1]
            page[heading] = ""
        elif heading:
            page[heading] += line.removeprefix("    ") + "\n"
        elif line.strip():
            raise RuleError(f"rules/{name}: expected a heading after the title, found {line!r}")
    _require_headings(name, title, list(page))
    return title.rstrip("."), {key: text.strip() for key, text in page.items()}


def _require_headings(name: str, title: str, found: list[str]) -> None:
    required = [h for h in HEADINGS if h not in _OPTIONAL_HEADINGS or h in found]
    if not title or found != required:
        raise RuleError(
            f"rules/{name}: the docstring needs a title line and the headings "
            f"{', '.join(required)}, each followed by a colon, in this order; "
            f"found {', '.join(found) or 'none'}"
        )


def _require_known_hooks(name: str, wanted: tuple[str, ...]) -> None:
    unknown = set(wanted) - set(hooks.contexts())
    if unknown or not wanted:
        known = ", ".join(sorted(hooks.contexts()))
        raise RuleError(f"rules/{name}: hooks must be among {known}; found {sorted(unknown)}")
