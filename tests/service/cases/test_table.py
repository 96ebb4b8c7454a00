"""A table of cases: rows run as cases do, and what is wrong with one is told by its line."""

from pathlib import Path

import pytest

from hooks.errors import CardwiseError
from rules._load import load_folder
from service.cases.check import findings
from service.cases.outcome import reviews
from service.cases.report import Report, run
from service.cases.selection import selected
from service.cases.table import rows, table_of
from tests.site_rules import SiteRules

HEAD = "why\tallergy\tentry\torder\texpected\n"
ORDER = "rxnorm 308191 amoxicillin 500 MG Oral Capsule"
LISTED = f"An entry gives a card.\ttext: pollen\t\t{ORDER}\twarning\n"
EMPTY = f"No entry gives none.\t\t\t{ORDER}\tsilent\n"


def table(site: SiteRules, *lines: str) -> Path:
    """The usual cases of the site's rule, and a table of these rows."""
    path = site.usual().rule / "cases" / "table.tsv"
    path.write_text("# made up\n" + HEAD + "".join(lines))
    return path


def report(site: SiteRules) -> Report:
    """What comes of all cases of the site's rule."""
    [found] = run(selected([str(site.rule)], ())).reports
    return found


def test_each_row_is_run(site: SiteRules) -> None:
    """Beside the cases, once each, and none of them counts among the cases as a whole."""
    table(site, LISTED, EMPTY)
    found = report(site)
    assert found.passed, [*reviews(found.failed), *found.faults]
    ran = [outcome.case.name for outcome in found.outcomes if outcome.case.line]
    assert ran == ["table:3", "table:4"]


def test_the_table_alone_can_be_run(site: SiteRules) -> None:
    """By its path."""
    path = table(site, LISTED, EMPTY)
    [found] = run(selected([str(path)], ())).reports
    assert [outcome.case.line for outcome in found.outcomes] == [3, 4]


def test_a_row_that_fails_is_told_by_its_line(site: SiteRules) -> None:
    """With why it is there, what was expected, what was found, and the card."""
    table(site, LISTED.replace("warning", "critical"), EMPTY.replace("silent", "not checked"))
    first, second = reviews(report(site).failed)
    assert "an_order/table:3 (fetched)" in first
    assert "An entry gives a card." in first
    assert "expected  critical" in first
    assert "found     warning" in first
    assert "found     silent" in second


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", ":1: expected the columns why, allergy, entry, order, expected"),
        ("why\torder\n", ":1: expected the columns"),
        (HEAD + "Too short.\ttext: x\n", ":2: expected 5 cells, found 2"),
        (HEAD + LISTED.replace("warning", "red"), ":2: expected one of critical, warning"),
        (HEAD + LISTED.replace("text: pollen", "loinc 1 x"), ":2: write drugs as 'system code"),
        (HEAD + LISTED.replace("text: pollen", "rxnorm 1"), ":2: write drugs as 'system code"),
        (HEAD + LISTED.replace("\t\t", "\tcolour=red\t"), ":2: entry tells colour; it may tell"),
        (HEAD + LISTED.replace("\t\t", "\tdose=2020\t"), ":2: write drugs as 'system code"),
    ],
)
def test_a_table_that_cannot_be_used(tmp_path: Path, content: str, message: str) -> None:
    """The file, the line, and what is expected there."""
    path = tmp_path / "table.tsv"
    path.write_text(content)
    with pytest.raises(CardwiseError) as raised:
        rows(path)
    assert str(raised.value).startswith(f"{path}")
    assert message in str(raised.value)


def test_what_a_row_puts_on_the_chart(tmp_path: Path) -> None:
    """The entry with all that is told of it, and what was given since."""
    path = tmp_path / "table.tsv"
    told = (
        "type=intolerance; category=food; clinical=; verification=refuted; criticality=low; "
        "severity=mild; reaction=hives; onset=2010; recorded=2012; "
        f"completed=2020-01-02 {ORDER}; dose=2021 text: amoxicillin"
    )
    codings = "rxnorm 723 amoxicillin + snomed 91936005 Allergy to penicillin"
    path.write_text(f"{HEAD}All of it.\t{codings}\t{told}\t{ORDER}\tsilent\n")
    (row,) = rows(path)
    entry, course, dose = row.entries
    assert [coding["code"] for coding in entry["code"]["coding"]] == ["723", "91936005"]
    assert "clinicalStatus" not in entry
    assert entry["verificationStatus"]["coding"][0]["code"] == "refuted"
    assert (entry["type"], entry["category"], entry["criticality"]) == (
        "intolerance",
        ["food"],
        "low",
    )
    assert entry["reaction"] == [{"severity": "mild", "manifestation": [{"text": "hives"}]}]
    assert (entry["onsetDateTime"], entry["recordedDate"]) == ("2010", "2012")
    assert (course["resourceType"], course["status"]) == ("MedicationRequest", "completed")
    assert course["authoredOn"] == "2020-01-02"
    assert dose["resourceType"] == "MedicationAdministration"
    assert (dose["effectiveDateTime"], dose["medicationCodeableConcept"]["text"]) == (
        "2021",
        "amoxicillin",
    )


def test_a_faulty_table_is_told_by_the_check_of_a_rule(site: SiteRules) -> None:
    """`cardwise rules check` finds it without running anything."""
    table(site, LISTED.replace("warning", "red"))
    assert any("table.tsv:3: expected one of" in fault for fault in findings(site.rule))


def test_a_rule_without_a_table_has_no_rows(site: SiteRules) -> None:
    """None is needed."""
    assert list(table_of(load_folder(site.usual().rule))) == []
