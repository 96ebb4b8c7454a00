"""The authoring vocabulary: everything a rule may use, and all it may import of ours.

A rule is a folder beside this file; `drug_allergy` is the one to read first.
"""

from hooks.cards import Indicator, Source
from prefetch import needs
from prefetch.administration import Administration
from prefetch.allergy import Allergy
from prefetch.amount import Amount
from prefetch.chart import Chart
from prefetch.coding import Coding, Concept
from prefetch.condition import Condition
from prefetch.dates import PartialDate
from prefetch.encounter import Encounter
from prefetch.medication import Medication, MedicationOrder
from prefetch.not_on_file import NotOnFile
from prefetch.observation import Lab
from prefetch.patient import Age, Patient
from prefetch.systems import ICD10CM, LOINC, RXNORM, SNOMED
from rules._advice import add_problem, change_dose, order_lab, prescribe, remove, swap
from rules._allergy.conflicts import allergy_conflicts
from rules._allergy.contents import unsaid_contents
from rules._allergy.entries import (
    Charted,
    charted,
    contradiction,
    may_conflict,
    unrecognised,
)
from rules._allergy.orders import drugs_of, ingredients_of, unidentified
from rules._allergy.replacements import replacements
from rules._finding import Advice, Finding, NotChecked, Replacement
from rules._knowledge.allergens import Allergen
from rules._knowledge.alternatives import Alternative
from rules._knowledge.conflicts import Conflict
from rules._knowledge.drugs import Drug
from rules._knowledge.knowledge import Knowledge
from rules._rule import Findings, Rule, rule
from rules._table.rule import table_rule
from rules._text import markdown, plain, sentence, shorten
from rules._thresholds import Limits, Threshold

__all__ = [
    "ICD10CM",
    "LOINC",
    "RXNORM",
    "SNOMED",
    "Administration",
    "Advice",
    "Age",
    "Allergen",
    "Allergy",
    "Alternative",
    "Amount",
    "Chart",
    "Charted",
    "Coding",
    "Concept",
    "Condition",
    "Conflict",
    "Drug",
    "Encounter",
    "Finding",
    "Findings",
    "Indicator",
    "Knowledge",
    "Lab",
    "Limits",
    "Medication",
    "MedicationOrder",
    "NotChecked",
    "NotOnFile",
    "PartialDate",
    "Patient",
    "Replacement",
    "Rule",
    "Source",
    "Threshold",
    "add_problem",
    "allergy_conflicts",
    "change_dose",
    "charted",
    "contradiction",
    "drugs_of",
    "ingredients_of",
    "markdown",
    "may_conflict",
    "needs",
    "order_lab",
    "plain",
    "prescribe",
    "remove",
    "replacements",
    "rule",
    "sentence",
    "shorten",
    "swap",
    "table_rule",
    "unidentified",
    "unrecognised",
    "unsaid_contents",
]
