"""The source attributes that US law asks of an evidence-based decision support intervention.

45 CFR 170.315(b)(11)(iv)(A), added by ONC's HTI-1 final rule (89 FR 1192, 2024): (1) to (4) say
where the intervention comes from, (5) to (13) whether it uses certain data about the patient. A
health system that shows our cards in certified health IT copies them from here.
"""

import ast
from dataclasses import dataclass
from typing import Final

from rules._load import HOUSE
from rules._rule import Rule, Use

_ABOUT_THE_PATIENT: Final[dict[Use, str]] = {
    "race": "Use of race",
    "ethnicity": "Use of ethnicity",
    "language": "Use of language",
    "sexual_orientation": "Use of sexual orientation",
    "gender_identity": "Use of gender identity",
    "sex": "Use of sex",
    "date_of_birth": "Use of date of birth",
    "social_determinants": "Use of social determinants of health data",
    "health_status_assessments": "Use of health status assessments data",
}


@dataclass(frozen=True)
class Attribute:
    """One attribute: its name in the regulation's order, and its value as Markdown."""

    name: str
    value: str


def attributes(rule: Rule) -> list[Attribute]:
    """The thirteen attributes of a rule, in the regulation's order."""
    used: set[Use] = {*rule.uses, *_read_of_patient(rule)}
    return [
        Attribute("Bibliographic citation", rule.page["Evidence"]),
        Attribute("Developer", rule.developer or _usual_developer(rule)),
        Attribute("Funding source of the technical implementation", rule.funding or "Not stated."),
        Attribute(
            "Release and revision dates",
            f"Version {rule.version}, last reviewed {rule.reviewed}.\n\n{rule.page['History']}",
        ),
        *(
            Attribute(name, "Yes." if key in used else "No.")
            for key, name in _ABOUT_THE_PATIENT.items()
        ),
    ]


def _usual_developer(rule: Rule) -> str:
    return "Cardwise" if rule.folder.parent == HOUSE else "Not stated."


def _read_of_patient(rule: Rule) -> set[Use]:
    """What the rule's own text reads of the patient's record."""
    if all(need.resource != "Patient" for need in rule.queries):
        return set()
    names: dict[str, Use] = {
        "age": "date_of_birth",
        "birth_date": "date_of_birth",
        "gender": "sex",
        "is_female": "sex",
        "is_male": "sex",
    }
    return {names[word] for word in _words(rule) if word in names}


def _words(rule: Rule) -> set[str]:
    """The attributes a rule's text reads, or the columns that its table fills."""
    tree = ast.parse((rule.folder / "__init__.py").read_bytes())
    found = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    table = rule.folder / "table.tsv"
    if table.is_file():
        lines = [
            line for line in table.read_text("utf-8").splitlines() if line[:1] not in ("", "#")
        ]
        head, *rows = [line.split("\t") for line in lines]
        found |= {
            name for place, name in enumerate(head) if any(row[place:][:1] > [""] for row in rows)
        }
    return found
