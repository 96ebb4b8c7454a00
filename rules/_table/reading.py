"""Reads a rule's table, as a spreadsheet saves it; whatever is wrong is told by line and column.

Tab-separated text in UTF-8 (or Excel's "Unicode text", UTF-16). Empty lines and lines that begin
with `#` are passed over. The columns:

| column | what it holds |
|---|---|
| `drug` | names, `class:…` or `rxcui:…`, several with a bar between: any of them |
| `condition` | codes such as `icd-10-cm:N18.4`, several with a bar between: any of them |
| `with_drug` | as `drug`: another order of the list or the pad |
| `lab` | LOINC codes of one test, several with a bar between |
| `lab_name` | what the test is called |
| `lab_is` | such as `< 30 mL/min/{1.73_m2}` |
| `lab_days` | how many days back a result still counts |
| `age` | such as `>= 65` or `< 6 months` |
| `gender` | `female` or `male` |
| `indicator` | `info`, `warning` or `critical` |
| `summary` | the fact; `{drug}`, `{condition}`, `{other}`, `{lab}`, `{age}` are what was found |
| `detail` | more, as Markdown |
| `suggest` | `remove`, or nothing |
| `source`, `source_url` | where this row is from |
| `topic` | of the rows of one topic, the first that holds gives the card |
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Final, get_args

from hooks.cards import SUMMARY_LIMIT, Indicator
from hooks.errors import RuleError
from prefetch import needs
from prefetch.systems import ICD10CM, SNOMED
from prefetch.units import is_unit
from rules._knowledge.knowledge import Knowledge
from rules._places import shown
from rules._table.criteria import AgeIs, Criterion, HasCondition, IsFemale, LabIs, WithDrug
from rules._table.lines import table_lines

_REQUIRED: Final = ("drug", "indicator", "summary", "source")
_CRITERIA: Final = ("condition", "with_drug", "lab", "age", "gender")
_LAB: Final = ("lab", "lab_name", "lab_is", "lab_days")
COLUMNS: Final = (
    *("drug", "condition", "with_drug", *_LAB, "age", "gender"),
    *("indicator", "summary", "detail", "suggest", "source", "source_url", "topic"),
)
_SYSTEMS: Final = {
    "icd-10-cm": ICD10CM,
    "icd-10": "http://hl7.org/fhir/sid/icd-10",
    "snomed": SNOMED,
}
_COMPARED: Final = re.compile(r"(<=|>=|<|>|=)\s*(\d+(?:\.\d+)?)\s*(.*)")
_NAMES: Final = {"condition": "condition", "with_drug": "other", "lab": "lab", "age": "age"}


class _Wrong(ValueError):
    """A cell that cannot be used; says what to write."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table.

    Attributes:
        line: where it is.
        drugs: the ingredients it is about, as RxNorm codes.
        criteria: what must be the case.
        indicator: the card's.
        summary: the card's, with names in braces.
        detail: the card's, or "".
        removes: whether to suggest taking the order off the pad.
        source: where it is from.
        source_url: where to read that, or "".
        topic: of rows of one topic, the first that holds gives the card.
    """

    line: int
    drugs: frozenset[str]
    criteria: tuple[Criterion, ...]
    indicator: Indicator
    summary: str
    detail: str
    removes: bool
    source: str
    source_url: str
    topic: str


def read_table(path: Path, know: Knowledge) -> tuple[Row, ...]:
    """The rows of a table.

    Raises:
        RuleError: a line for each cell that cannot be used.
    """
    lines = table_lines(path)
    number, columns = next(lines, (1, []))
    faults = [f"{shown(path)}:{number}: {fault}" for fault in _wrong_columns(columns)]
    rows: list[Row] = []
    for line, values in () if faults else lines:
        cells = dict(zip(columns, (*values, *[""] * len(columns)), strict=False))
        try:
            rows.append(_Reader(cells, know).row(line))
        except (_Wrong, RuleError) as error:
            faults.append(f"{shown(path)}:{line}: {error}")
    if not faults and not rows:
        faults.append(f"{shown(path)}:{number}: there are no rows below the column names")
    if faults:
        raise RuleError("\n".join(faults))
    return tuple(rows)


def _wrong_columns(columns: list[str]) -> Iterator[str]:
    if len(columns) == 1 and "," in columns[0]:
        yield "the columns are separated by commas; save the table as tab-separated text"
        return
    for name in columns:
        if name not in COLUMNS:
            yield f"there is no column {name!r}; there are {', '.join(COLUMNS)}"
    for name in _REQUIRED:
        if name not in columns:
            yield f"the column {name!r} is missing"
    if len(set(columns)) < len(columns):
        yield "a column is there twice"


class _Reader:
    """Reads the cells of one row."""

    def __init__(self, cells: dict[str, str], know: Knowledge) -> None:
        self._cells = cells
        self._know = know

    def row(self, line: int) -> Row:
        """The row.

        Raises:
            _Wrong: a cell cannot be used.
        """
        for name in _REQUIRED:
            self._must(bool(self._cell(name)), name, "is empty")
        used = [name for name in _CRITERIA if self._cell(name)]
        self._must(bool(used), "drug", f"say with what: fill in one of {', '.join(_CRITERIA)}")
        return Row(
            line=line,
            drugs=self._drugs("drug"),
            criteria=tuple(_READ[name](self) for name in used),
            indicator=self._indicator(),
            summary=self._summary(used),
            detail=self._cell("detail"),
            removes=self._removes(),
            source=self._cell("source"),
            source_url=self._url(),
            topic=self._cell("topic") or f"line {line}",
        )

    def condition(self) -> Criterion:
        """Of the column of that name, as are those below."""
        codes = []
        for item in self._items("condition"):
            system, _, code = item.partition(":")
            known = f"write a system and a code, as in icd-10-cm:N18.4; {', '.join(_SYSTEMS)}"
            self._must(system in _SYSTEMS and bool(code.strip()), "condition", known)
            codes.append((_SYSTEMS[system], code.strip()))
        return HasCondition(tuple(codes))

    def with_drug(self) -> Criterion:
        return WithDrug(self._drugs("with_drug"))

    def lab(self) -> Criterion:
        for name in _LAB:
            self._must(bool(self._cell(name)), name, "is empty, and lab is filled in")
        comparison, number, unit = self._compared("lab_is", "< 30 mL/min/{1.73_m2}")
        self._must(is_unit(unit), "lab_is", f"{unit!r} is no unit of UCUM that is known here")
        days = self._cell("lab_days")
        self._must(days.isdecimal() and int(days) > 0, "lab_days", "write a number of days")
        try:
            test = needs.labs(self._cell("lab_name"), *self._items("lab"))
        except ValueError:
            raise _Wrong("lab: write LOINC codes, as in 62238-1|98979-8") from None
        return LabIs(test, int(days), comparison, number, unit)

    def age(self) -> Criterion:
        comparison, number, unit = self._compared("age", ">= 65 or < 6 months")
        self._must(unit in ("", "years", "months"), "age", "write years or months")
        return AgeIs(comparison, number, unit == "months")

    def gender(self) -> Criterion:
        wanted = self._cell("gender")
        self._must(wanted in ("female", "male"), "gender", "write female or male")
        return IsFemale(wanted == "female")

    def _drugs(self, name: str) -> frozenset[str]:
        found: set[str] = set()
        for item in self._items(name):
            kind, _, value = item.rpartition(":")
            if kind == "class":
                found |= self._know.members(value)
                continue
            codes = (value,) if kind == "rxcui" else self._know.named(item)
            remedy = f"{item!r} is no drug known here; write a name, class:… or rxcui:…"
            self._must(all(self._know.name(c) != c for c in codes) and bool(codes), name, remedy)
            found |= set(codes)
        return frozenset(found)

    def _indicator(self) -> Indicator:
        for known in get_args(Indicator):
            if self._cell("indicator") == known:
                indicator: Indicator = known
                return indicator
        raise _Wrong(f"indicator: write {', '.join(get_args(Indicator))}")

    def _summary(self, used: list[str]) -> str:
        text = self._cell("summary")
        known = {"drug", *(_NAMES[name] for name in used if name in _NAMES)}
        try:
            parts = list(Formatter().parse(text))
        except ValueError as error:
            raise _Wrong(f"summary: {error}") from None
        for _, name, form, turn in parts:
            plain = name is None or (name in known and not form and not turn)
            self._must(plain, "summary", f"in braces there may be {', '.join(sorted(known))}")
        length = sum(len(words) for words, *_ in parts)
        self._must(length < SUMMARY_LIMIT, "summary", f"keep it under {SUMMARY_LIMIT} characters")
        return text

    def _removes(self) -> bool:
        wanted = self._cell("suggest")
        self._must(wanted in ("", "remove"), "suggest", "write remove, or nothing")
        return bool(wanted)

    def _url(self) -> str:
        url = self._cell("source_url")
        good = not url or re.fullmatch(r"https?://\S+", url) is not None
        self._must(good, "source_url", "write a URL that begins with https://")
        return url

    def _compared(self, name: str, like: str) -> tuple[str, float, str]:
        match = _COMPARED.fullmatch(self._cell(name))
        if match is None:
            raise _Wrong(f"{name}: write a comparison, as in {like}")
        return match[1], float(match[2]), match[3]

    def _items(self, name: str) -> list[str]:
        return [item.strip() for item in self._cell(name).split("|") if item.strip()]

    def _cell(self, name: str) -> str:
        return self._cells.get(name, "")

    def _must(self, holds: bool, name: str, remedy: str) -> None:
        if not holds:
            raise _Wrong(f"{name}: {remedy}")


_READ: Final[dict[str, Callable[[_Reader], Criterion]]] = {
    "condition": _Reader.condition,
    "with_drug": _Reader.with_drug,
    "lab": _Reader.lab,
    "age": _Reader.age,
    "gender": _Reader.gender,
}
