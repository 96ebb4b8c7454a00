"""The authoring vocabulary: everything a rule may use, and all it may import of ours.

A rule is a folder beside this file; `drug_allergy` is the one to read first.
"""

from hooks.cards import Indicator, Source
from prefetch import needs
from prefetch.allergy import Allergy
from prefetch.chart import Chart
from prefetch.coding import Coding, Concept
from prefetch.medication import Medication, MedicationOrder
from rules._allergy.conflicts import allergy_conflicts
from rules._allergy.entries import (
    Charted,
    charted,
    contradiction,
    may_conflict,
    unrecognised,
)
from rules._allergy.orders import drugs_of, unidentified
from rules._allergy.replacements import replacements
from rules._finding import Advice, Finding, NotChecked, Replacement, remove, swap
from rules._knowledge.allergens import Allergen
from rules._knowledge.alternatives import Alternative
from rules._knowledge.conflicts import Conflict
from rules._knowledge.drugs import Drug
from rules._knowledge.knowledge import Knowledge
from rules._rule import Findings, Rule, rule
from rules._text import markdown, plain, sentence, shorten

__all__ = [
    "Advice",
    "Allergen",
    "Allergy",
    "Alternative",
    "Chart",
    "Charted",
    "Coding",
    "Concept",
    "Conflict",
    "Drug",
    "Finding",
    "Findings",
    "Indicator",
    "Knowledge",
    "Medication",
    "MedicationOrder",
    "NotChecked",
    "Replacement",
    "Rule",
    "Source",
    "allergy_conflicts",
    "charted",
    "contradiction",
    "drugs_of",
    "markdown",
    "may_conflict",
    "needs",
    "plain",
    "remove",
    "replacements",
    "rule",
    "sentence",
    "shorten",
    "swap",
    "unidentified",
    "unrecognised",
]
