"""The table of drug-allergy's cases: one row, one allergy entry and one order."""

from pathlib import Path
from typing import Final, NamedTuple

from prefetch.systems import NDFRT, RXNORM, SNOMED, UNII
from rules._knowledge import tables
from tests.ehr import Json, allergy, draft, status

FOLDER: Final = Path(__file__).parents[2] / "rules" / "drug_allergy" / "cases"
SYSTEMS: Final = {"rxnorm": RXNORM, "snomed": SNOMED, "ndfrt": NDFRT, "unii": UNII}
OUTCOMES: Final = ("critical", "warning", "info", "silent", "not checked")


class Row(NamedTuple):
    """One row of the table, as it is written."""

    why: str
    allergy: str
    entry: str
    order: str
    expected: str

    @property
    def resource(self) -> Json:
        """The AllergyIntolerance."""
        said = dict(_pair(part) for part in self.entry.split(";") if part.strip())
        reaction: Json = {name: said[name] for name in ("severity",) if name in said}
        if "reaction" in said:
            reaction["manifestation"] = [{"text": said["reaction"]}]
        return allergy(
            concept(self.allergy),
            clinicalStatus=_status("clinical", said.get("clinical", "active")),
            verificationStatus=_status("verification", said.get("verification", "confirmed")),
            type=said.get("type", "allergy"),
            category=[said.get("category", "medication")],
            criticality=said.get("criticality"),
            reaction=[reaction] if reaction else None,
        )

    @property
    def draft(self) -> Json:
        """The drafted order."""
        return draft(medicationCodeableConcept=concept(self.order))


def rows() -> list[Row]:
    """Every row."""
    return [Row(*row) for row in tables.rows(FOLDER, "table")]


def concept(cell: str) -> Json:
    """The CodeableConcept of a cell: codings, or words alone."""
    if cell.startswith("text:"):
        return {"text": cell.removeprefix("text:").strip()}
    return {"coding": [_coding(part) for part in cell.split(" + ")]}


def outcome(answer: Json) -> str:
    """What a response comes to, in the words of the table: its most urgent card."""
    for card in answer["cards"]:
        if card["source"]["topic"]["code"] != "notchecked":
            return str(card["indicator"])
    return "not checked" if answer["cards"] else "silent"


def _coding(part: str) -> Json:
    system, code, display = part.split(" ", 2)
    return {"system": SYSTEMS[system], "code": code, "display": display}


def _pair(part: str) -> tuple[str, str]:
    name, _, value = part.strip().partition("=")
    return name, value


def _status(kind: str, code: str) -> Json | None:
    return status(kind, code) if code else None
