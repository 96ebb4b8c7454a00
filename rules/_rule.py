"""What a rule is, and the decorator that makes one of a generator function."""

import inspect
import re
import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, get_args

import hooks
from hooks.cards import Source
from hooks.errors import RuleError
from prefetch.chart import Chart
from prefetch.needs import Need
from rules._finding import Finding, NotChecked
from rules._knowledge.knowledge import Knowledge
from rules._page import read_page
from rules._places import shown
from rules._thresholds import Limits, Threshold, limits

Status = Literal["active", "shadow", "retired"]
# What a rule may use of the patient that US law has it say (45 CFR 170.315(b)(11)(iv)(A)(5)-(13)).
Use = Literal[
    "race",
    "ethnicity",
    "language",
    "sexual_orientation",
    "gender_identity",
    "sex",
    "date_of_birth",
    "social_determinants",
    "health_status_assessments",
]
Findings = Generator[Finding | NotChecked, None, None]
# Of a chart and knowledge, and of the limits where the rule has thresholds.
Check = Callable[..., Findings]

_VERSION: Final = re.compile(r"\d+\.\d+\.\d+")
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_NO_LIMITS: Final = Limits({})


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
        helped_by: data it uses when it is there; what did not come is read once it comes to it.
        orders: resource types of draft orders it advises on; empty when it is not about orders.
        source: the guideline behind its cards.
        version: its own, as major.minor.patch.
        reviewed: the day a clinician last reviewed it, ISO.
        status: active (shown), shadow (evaluated, not shown) or retired (not evaluated).
        thresholds: the numbers it decides by, by name.
        limits: those in force: the defaults, or a site's own.
        folder: where it lies.
        digest: tells its text from any other, whatever its version says.
        stale: why its newest text could not be loaded, in development; else "".
        developer: who made it of the guideline; "" when it is not stated.
        funding: who paid for that; "" when it is not stated.
        uses: what it uses of the patient, beside the age and sex that its text reads.
    """

    id: str
    title: str
    page: dict[str, str]
    check: Check
    hooks: tuple[str, ...]
    checks: str
    needs: tuple[Need, ...]
    source: Source
    version: str
    reviewed: str
    helped_by: tuple[Need, ...] = ()
    orders: tuple[str, ...] = ()
    status: Status = "active"
    thresholds: Mapping[str, Threshold] = field(default_factory=dict)
    limits: Limits = _NO_LIMITS
    folder: Path = Path()
    digest: str = ""
    stale: str = ""
    developer: str = ""
    funding: str = ""
    uses: tuple[Use, ...] = ()

    @property
    def queries(self) -> tuple[Need, ...]:
        """All data it would like, required first."""
        return (*self.needs, *self.helped_by)

    def findings(self, chart: Chart, know: Knowledge) -> Findings:
        """Run it."""
        if self.thresholds:
            return self.check(chart, know, self.limits)
        return self.check(chart, know)


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
    thresholds: Mapping[str, Threshold] | None = None,
    developer: str = "",
    funding: str = "",
    uses: tuple[Use, ...] = (),
) -> Callable[[Check], Rule]:
    """Make a rule of a generator function; the arguments are `Rule`'s attributes.

    With `thresholds`, the function takes them as a third argument.

    Raises:
        RuleError: the docstring or the metadata is not as it must be; says what to change.
    """

    def make(check: Check) -> Rule:
        return make_rule(
            check,
            check.__module__,
            check.__code__.co_firstlineno,
            hooks=hooks,
            checks=checks,
            needs=needs,
            helped_by=helped_by,
            orders=orders,
            source=source,
            version=version,
            reviewed=reviewed,
            status=status,
            thresholds=thresholds,
            developer=developer,
            funding=funding,
            uses=uses,
        )

    return make


def make_rule(
    check: Check,
    module_name: str,
    line: int,
    *,
    thresholds: Mapping[str, Threshold] | None = None,
    **metadata: Any,
) -> Rule:
    """Make a rule of a generator function, for the page and the name that its module has.

    Raises:
        RuleError: the docstring or the metadata is not as it must be; says what to change.
    """
    module = sys.modules[module_name]
    name = module_name.rpartition(".")[2]
    file = getattr(module, "__file__", None)
    where = shown(Path(file)) if file else f"rules/{name}"
    title, page = read_page(module.__doc__ or "", where)
    made = Rule(
        id=name.replace("_", "-"),
        title=title,
        page=page,
        check=check,
        thresholds=MappingProxyType(dict(thresholds or {})),
        limits=limits(thresholds or {}),
        **metadata,
    )
    for fault in _faults(made):
        raise RuleError(f"{where}:{line}: {fault}")
    return made


def _faults(rule: Rule) -> Iterator[str]:
    """What is wrong with the metadata, and what to write instead."""
    yield from _wrong_lists(rule)
    yield from _wrong_words(rule)
    yield from _wrong_thresholds(rule.thresholds)
    yield from _wrong_generator(rule)


def _wrong_lists(rule: Rule) -> Iterator[str]:
    known = ", ".join(sorted(hooks.contexts()))
    unknown = sorted(set(rule.hooks) - set(hooks.contexts()))
    if unknown or not rule.hooks or not isinstance(rule.hooks, tuple):
        like = 'as in hooks=("order-sign",)'
        yield f"hooks must be among {known}, {like}; found {unknown or rule.hooks!r}"
    for name in ("needs", "helped_by"):
        if not _are_needs(getattr(rule, name)):
            yield f"{name} must be needs in parentheses, as in {name}=(needs.allergies,)"
    if not isinstance(rule.orders, tuple):
        yield 'orders must be in parentheses, as in orders=("MedicationRequest",)'


def _wrong_words(rule: Rule) -> Iterator[str]:
    if not rule.checks.strip():
        yield 'checks must say in a few words what is looked for, to follow "Not checked: "'
    if not _VERSION.fullmatch(rule.version):
        yield f"version must be like 1.0.0, not {rule.version!r}"
    if rule.version not in rule.page["History"]:
        yield f"History must say what version {rule.version} brought"
    if not _is_day(rule.reviewed):
        yield f"reviewed must be a day like 2026-11-21, not {rule.reviewed!r}"
    if unknown := [use for use in rule.uses if use not in get_args(Use)]:
        yield f"uses must be among {', '.join(get_args(Use))}; found {unknown}"
    if rule.status not in get_args(Status):
        yield f"status must be active, shadow or retired, not {rule.status!r}"


def _wrong_thresholds(thresholds: Mapping[str, Threshold]) -> Iterator[str]:
    for name, each in thresholds.items():
        if not _NAME.fullmatch(name):
            yield f"thresholds: name {name!r} in small letters, digits and underscores"
        if not each.source.strip() or not each.unit.strip():
            yield f"thresholds: {name} needs a unit and a source"
        if not each.allows(each.default):
            yield f"thresholds: {name} is {each.default:g} by default, and may be {each.range}"


def _wrong_generator(rule: Rule) -> Iterator[str]:
    name = getattr(rule.check, "__name__", "it")
    if not inspect.isgeneratorfunction(rule.check):
        yield f"{name} must yield its findings"
    wanted = ["chart", "know", "limits"] if rule.thresholds else ["chart", "know"]
    if len(inspect.signature(rule.check).parameters) != len(wanted):
        yield f"{name} must take {' and '.join(wanted)}: def {name}({', '.join(wanted)})"


def _are_needs(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(each, Need) for each in value)


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except (ValueError, TypeError):
        return False
