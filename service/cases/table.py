"""A table of cases: one row, one allergy entry and one order, and what comes of them.

`cases/table.tsv` of a rule, as a spreadsheet saves it; `#` begins a line of remarks. The columns:

| column | what it holds |
|---|---|
| `why` | what the row shows, in one sentence |
| `allergy` | codings as `system code name`, and `text: words`, joined by ` + `; or none |
| `entry` | what else it says, as `name=value; name=value`; else it is active and confirmed |
| `order` | the drafted drug, written as the allergy is |
| `expected` | the most urgent card: critical, warning, info, silent, or not checked |

`entry` may say: type, category, clinical, verification, criticality, severity, reaction (several
are joined by ` + `), onset, recorded; and what was given since, as `completed=2024-05-03 rxnorm 723
amoxicillin` (an order) or `dose=` the same. The day is that of the rule's last review.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final, NamedTuple

from hooks.errors import CaseError
from prefetch.systems import NDC, NDFRT, RXNORM, SNOMED, UNII
from rules._places import shown
from rules._rule import Rule
from rules._table.lines import table_lines
from service.cases.case import Case, Written
from service.cases.chart import CaseChart

Json = dict[str, Any]
COLUMNS: Final = ["why", "allergy", "entry", "order", "expected"]
OUTCOMES: Final = ("critical", "warning", "info", "silent", "not checked")
_SYSTEMS: Final = {"rxnorm": RXNORM, "snomed": SNOMED, "ndfrt": NDFRT, "unii": UNII, "ndc": NDC}
_TOLD: Final = frozenset(
    {
        *("type", "category", "clinical", "verification", "criticality", "severity", "reaction"),
        *("onset", "recorded", "completed", "dose"),
    }
)
PATIENT: Final = "case"
_SUBJECT: Final = {"reference": f"Patient/{PATIENT}"}
_STATUS: Final = "http://terminology.hl7.org/CodeSystem/allergyintolerance-"


class Row(NamedTuple):
    """One row, as it is written; `line` is its place in the file."""

    line: int
    why: str
    allergy: str
    entry: str
    order: str
    expected: str

    @property
    def told(self) -> dict[str, str]:
        """What else the chart says."""
        parts = (part.partition("=") for part in self.entry.split(";") if part.strip())
        return {name.strip(): value.strip() for name, _, value in parts}

    @property
    def resource(self) -> Json:
        """The AllergyIntolerance."""
        said = self.told
        reaction: Json = {"severity": said["severity"]} if "severity" in said else {}
        if "reaction" in said:
            reaction["manifestation"] = [{"text": each} for each in said["reaction"].split(" + ")]
        found = {
            "resourceType": "AllergyIntolerance",
            "id": "allergy",
            "patient": _SUBJECT,
            "code": concept(self.allergy),
            "clinicalStatus": _status("clinical", said.get("clinical", "active")),
            "verificationStatus": _status("verification", said.get("verification", "confirmed")),
            "type": said.get("type", "allergy"),
            "category": [said.get("category", "medication")],
            "criticality": said.get("criticality"),
            "reaction": [reaction] if reaction else None,
            "onsetDateTime": said.get("onset"),
            "recordedDate": said.get("recorded"),
        }
        return {name: value for name, value in found.items() if value is not None}

    @property
    def draft(self) -> Json:
        """The drafted order."""
        return {
            "resourceType": "MedicationRequest",
            "id": "draft-1",
            "status": "draft",
            "intent": "order",
            "subject": _SUBJECT,
            "medicationCodeableConcept": concept(self.order),
        }

    @property
    def given(self) -> list[Json]:
        """What was given since: a completed order, or a dose."""
        said = self.told
        found = []
        for name, kind, dated in (
            ("completed", "MedicationRequest", "authoredOn"),
            ("dose", "MedicationAdministration", "effectiveDateTime"),
        ):
            if name in said:
                day, _, drug = said[name].partition(" ")
                about = {"status": "completed", "medicationCodeableConcept": concept(drug)}
                found.append(self.draft | about | {"resourceType": kind, "id": name, dated: day})
        return found

    @property
    def entries(self) -> list[Json]:
        """All that is on the chart."""
        return [*([self.resource] if self.allergy else ()), *self.given]


def rows(path: Path) -> list[Row]:
    """The rows of a table.

    Raises:
        CaseError: a row cannot be used; says which, and what is expected.
        RuleError: the file cannot be read as text.
    """
    lines = table_lines(path)
    number, columns = next(lines, (1, []))
    if columns != COLUMNS:
        raise CaseError(f"{shown(path)}:{number}: expected the columns {', '.join(COLUMNS)}")
    return [_row(path, line, cells) for line, cells in lines]


def table_of(rule: Rule) -> Iterator[Case]:
    """The rows of a rule's table as cases; none where it has no table.

    Raises:
        CaseError: a row cannot be used.
    """
    path = rule.folder / "cases" / "table.tsv"
    if path.is_file():
        yield from (_case(rule, path, row) for row in rows(path))


def concept(cell: str) -> Json:
    """The CodeableConcept of a cell: codings, words, or both."""
    if cell.count("text:") > 1:
        raise CaseError(f"{cell!r}: write 'text: words' once")
    parts = cell.split(" + ")
    words = [part.removeprefix("text:").strip() for part in parts if part.startswith("text:")]
    codings = [_coding(part) for part in parts if not part.startswith("text:")]
    return {**({"coding": codings} if codings else {}), **({"text": words[0]} if words else {})}


def _row(path: Path, line: int, cells: list[str]) -> Row:
    where = f"{shown(path)}:{line}"
    if len(cells) != len(COLUMNS):
        raise CaseError(f"{where}: expected {len(COLUMNS)} cells, found {len(cells)}")
    row = Row(line, *cells)
    if row.expected not in OUTCOMES:
        raise CaseError(f"{where}: expected one of {', '.join(OUTCOMES)}; found {row.expected!r}")
    if unknown := row.told.keys() - _TOLD:
        known = ", ".join(sorted(_TOLD))
        raise CaseError(f"{where}: entry tells {', '.join(sorted(unknown))}; it may tell {known}")
    try:
        row.entries, row.draft  # noqa: B018 - to see that they can be made
    except (KeyError, ValueError):
        systems = ", ".join(_SYSTEMS)
        raise CaseError(
            f"{where}: write drugs as 'system code name', joined by ' + ', or as 'text: words'; "
            f"systems are {systems}"
        ) from None
    return row


def _case(rule: Rule, path: Path, row: Row) -> Case:
    patient = {"resourceType": "Patient", "id": PATIENT}
    entries = [{"resource": each} for each in (patient, *row.entries)]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    hook = "order-sign" if "order-sign" in rule.hooks else rule.hooks[0]
    today = date.fromisoformat(rule.reviewed)
    written = Written(why=row.why, hook=hook, today=today, orders=[row.draft], cards=[])
    return Case(path, written, CaseChart(path, bundle, PATIENT), row.line, row.expected)


def _coding(part: str) -> Json:
    system, code, display = part.strip().split(" ", 2)
    return {"system": _SYSTEMS[system], "code": code, "display": display}


def _status(kind: str, code: str) -> Json | None:
    return {"coding": [{"system": _STATUS + kind, "code": code}]} if code else None
