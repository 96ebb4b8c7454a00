"""Metformin ordered for a patient with a low eGFR.

What it checks:
    Each order for metformin, alone or in a combination, just picked or about to be signed, against
    the latest estimated glomerular filtration rate (eGFR) of the past year.

Why it matters:
    Metformin leaves the body through the kidneys. Where they fail, it accumulates and can cause
    lactic acidosis, which is rare and can be deadly.

When it stays silent:
    From an eGFR of 45 upwards, and for orders of other drugs.

What it suggests:
    To remove the order. Where no eGFR of the past year is on file, to order one: the label asks for
    one before metformin is started, and at least once a year.

Known limits:
    Results of equations with a term for race or sex alone (LOINC 48642-3, 48643-1, 88293-6,
    88294-4, 50044-7) are not read. It knows of no dialysis, no kidney injury since the result, and
    no contrast medium about to be given.

Evidence:
    FDA Drug Safety Communication, 8 April 2016: FDA revises warnings regarding use of the diabetes
    medicine metformin in certain patients with reduced kidney function: contraindicated below an
    eGFR of 30 mL/min/1.73 m2; starting not recommended from 30 to 45; below 45 in a patient who
    takes it, benefits and risks are to be assessed.
    https://www.fda.gov/Drugs/DrugSafety/ucm493244.htm

History:
    1.0.0 First version.
"""

from rules import (
    Chart,
    Finding,
    Findings,
    Knowledge,
    Limits,
    MedicationOrder,
    NotChecked,
    NotOnFile,
    Source,
    Threshold,
    ingredients_of,
    needs,
    order_lab,
    remove,
    rule,
    unidentified,
)

METFORMIN = "6809"
LABEL = "FDA Drug Safety Communication, 8 April 2016"
UNIT = "mL/min/{1.73_m2}"
EGFR = needs.labs(
    *("eGFR", "98979-8", "98980-6", "62238-1", "94677-2", "77147-7", "33914-3", "50210-4"),
    "69405-9",
)


@rule(
    hooks=("order-select", "order-sign"),
    checks="metformin against kidney function",
    orders=("MedicationRequest",),
    needs=(),
    helped_by=(EGFR, needs.medications),  # read for metformin alone: other orders do without
    thresholds={
        "never_below": Threshold(30, UNIT, source=LABEL, least=30, most=45),
        "not_started_below": Threshold(45, UNIT, source=LABEL, least=45, most=60),
    },
    source=Source(label=LABEL, url="https://www.fda.gov/Drugs/DrugSafety/ucm493244.htm"),
    version="1.0.0",
    reviewed="2026-11-21",
)
def metformin_low_egfr(chart: Chart, know: Knowledge, limits: Limits) -> Findings:
    """One card for each order of metformin that the eGFR speaks against."""
    for order in chart.selected:
        if order.is_blank:
            continue
        yield from unidentified(order, know)
        if not is_metformin(order, know):
            continue
        lab = chart.latest(EGFR, days=366)
        if not chart.knows(EGFR):
            yield NotChecked("the rest of the eGFR results", "it could not be read", "warning")
        if isinstance(lab, NotOnFile):
            yield Finding(
                indicator="info",
                summary="Metformin is ordered; no eGFR of the past year is on file",
                about=(order,),
            ).suggest(order_lab(chart, "98979-8", "eGFR"))
            continue
        found, egfr = f"eGFR was {lab.shown} on {lab.date}", lab.in_unit(UNIT)
        if egfr < limits.never_below:
            yield Finding(
                indicator="critical",
                summary=f"Metformin is ordered; {found}: contraindicated",
                about=(order, lab),
            ).suggest(remove(order))
        elif egfr < limits.not_started_below:
            taken = chart.knows(needs.medications) and any(
                is_metformin(other, know) for other in chart.medications
            )
            advice = "weigh risks and benefits" if taken else "starting is not recommended"
            yield Finding(
                indicator="info" if taken else "warning",
                summary=f"Metformin is ordered; {found}: {advice}",
                about=(order, lab),
            ).suggest(remove(order))


def is_metformin(order: MedicationOrder, know: Knowledge) -> bool:
    """Whether metformin is among an order's ingredients."""
    return METFORMIN in ingredients_of(order, know)
