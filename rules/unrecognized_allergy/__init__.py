"""Allergy entry that no check can use.

What it checks:
    When a chart is opened: each allergy entry that stands and is about drugs, for whether it names
    a substance by a code or word that is known here.

Why it matters:
    Every later order is compared with the allergy list. An entry in free text or in a local code is
    passed over by that comparison, in this service and in most others, and nobody notices.

When it stays silent:
    Entries filed under food or environment alone, and entries that are refuted, entered in error,
    resolved or inactive.

Known limits:
    Misspelt names are not guessed at.

Evidence:
    HL7 US Core Implementation Guide, AllergyIntolerance profile: the substance is to be coded.
    https://hl7.org/fhir/us/core/StructureDefinition-us-core-allergyintolerance.html

History:
    1.0.0 First version.
"""

from rules import (
    Chart,
    Finding,
    Findings,
    Knowledge,
    Source,
    charted,
    markdown,
    needs,
    rule,
    unrecognised,
)


@rule(
    hooks=("patient-view",),
    checks="whether allergies can be checked",
    needs=(needs.allergies,),
    source=Source(
        label="US Core AllergyIntolerance",
        url="https://hl7.org/fhir/us/core/StructureDefinition-us-core-allergyintolerance.html",
    ),
    version="1.0.0",
    reviewed="2026-11-21",
)
def unrecognized_allergy(chart: Chart, know: Knowledge) -> Findings:
    """One card that lists them all."""
    entries = [c.allergy for c in charted(chart.allergies, know) if any(unrecognised([c]))]
    if entries:
        some = "1 allergy entry" if len(entries) == 1 else f"{len(entries)} allergy entries"
        yield Finding(
            indicator="info",
            summary=f"{some} cannot be checked against orders: not a known code or name",
            about=entries,
            detail="\n".join(f"- {markdown(a.substance.label or a.reference)}" for a in entries)
            + "\n\nRecording a coded substance lets every order be checked against it.",
        )
