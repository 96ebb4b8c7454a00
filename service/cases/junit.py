"""Outcomes as JUnit XML, as CI systems read it."""

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

from service.cases.outcome import Outcome


def write(path: Path, outcomes: Sequence[Outcome], faults: Sequence[str], seconds: float) -> None:
    """Write a report: a test case for each variant of each case, and one for each fault."""
    failed = sum(not outcome.passed for outcome in outcomes) + len(faults)
    suite = ET.Element(
        "testsuite",
        name="cardwise",
        tests=str(len(outcomes) + len(faults)),
        failures=str(failed),
        errors="0",
        skipped=str(sum(outcome.known_wrong for outcome in outcomes)),
        time=f"{seconds:.3f}",
    )
    for outcome in outcomes:
        _add(suite, outcome)
    for fault in faults:
        about = ET.SubElement(suite, "testcase", classname="cases", name=fault.partition(":")[0])
        ET.SubElement(about, "failure", message=fault)
    path.parent.mkdir(parents=True, exist_ok=True)
    ET.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)


def _add(suite: ET.Element, outcome: Outcome) -> None:
    case = outcome.case
    name = f"{case.name} ({outcome.variant})"
    element = ET.SubElement(suite, "testcase", classname=case.rule, name=name, file=str(case.path))
    if outcome.known_wrong:
        ET.SubElement(element, "skipped", message=case.written.known_wrong)
    elif not outcome.passed:
        ET.SubElement(element, "failure", message=case.written.why).text = outcome.review()
