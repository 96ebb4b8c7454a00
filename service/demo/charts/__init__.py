"""The demo EHR's patients: the charts of the rules' cases, and more that show what charts are like.

Each JSON file beside this one is a FHIR Bundle of one patient, named after what it shows; the
patient's id is the file's name. Nobody in them exists. Where the codes are from: NOTICE.md.
"""

from pathlib import Path
from typing import Any, Final

import msgspec

from rules import _charts as shared
from service.demo.charts.long_chart import LONG_CHART, long_chart

_FOLDER: Final = Path(__file__).parent

PURPOSES: Final = {
    "penicillin-anaphylaxis": "Anaphylaxis to penicillin: order amoxicillin, with and without a "
    "reason",
    "penicillin-intolerance": "Penicillin recorded as an intolerance: the same order, a lower card",
    "penicillin-given-since": "Rash from penicillin, amoxicillin given since: a lower card",
    "text-only-allergy": "An allergy in words no table knows: it must not pass for none",
    "contradicted-no-known-allergies": "No known allergies, beside an allergy to amoxicillin",
    "no-known-allergies": "No known allergies, said so: silence is right",
    "empty-allergy-list": "An allergy list that was never filled in",
    "many-codes-for-one-allergy": "One allergy under many codes: one card, not five",
    "taking-what-they-are-allergic-to": "A current order against the allergy list: a card on "
    "opening the chart",
    "sulfonamide-antibiotic-allergy": "Sulfonamide antibiotic: the diuretic of that name is fine",
    "allergies-that-do-not-stand": "Refuted, resolved and mistaken entries: none of them counts",
    "food-allergy-only": "Allergies to food alone: no drug is stopped",
    "elderly-polypharmacy": "88 years old, twelve medications, aspirin and morphine on the list",
    "pregnant": "Pregnant, and had a mild rash from penicillin",
    "renal-failure": "Kidney failure, contrast media, and an allergy written as “Sulfa”",
    "child": "Six years old, 20 kg: amoxicillin, and peanut",
    "names-in-several-scripts": "A name in four scripts, allergies written in three languages",
    LONG_CHART: "Several hundred resources and a long allergy list, read page by page",
}


def names() -> list[str]:
    """The charts there are, in the order in which they are shown."""
    return list(PURPOSES)


def load(name: str) -> dict[str, Any]:
    """One chart, as a FHIR Bundle of type collection.

    Raises:
        FileNotFoundError: there is no chart of that name.
    """
    if name == LONG_CHART:
        return long_chart()
    if is_shared(name):
        return shared.load(name)
    bundle: dict[str, Any] = msgspec.json.decode((_FOLDER / f"{name}.json").read_bytes())
    return bundle


def is_shared(name: str) -> bool:
    """Whether the rules' cases have this chart too."""
    return name in shared.names()
