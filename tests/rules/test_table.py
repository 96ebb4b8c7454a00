"""Tables: what a spreadsheet saves becomes a rule, and what is wrong is told by line and column."""

from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hooks.cards import Source
from hooks.errors import RuleError
from hooks.order_sign import OrderSign
from hooks.patient_view import PatientView
from hooks.request import Context
from prefetch import needs
from prefetch.chart import Chart
from prefetch.data import Data
from prefetch.systems import ICD10CM, LOINC
from rules._cards import Call
from rules._evaluate import Evaluation
from rules._knowledge.knowledge import Knowledge
from rules._load import load_folder
from rules._rule import Rule
from rules._table.reading import COLUMNS, _Reader, _Wrong, read_table
from tests.ehr import LISINOPRIL, PATIENT, Json, bundle, draft
from tests.rules.evaluating import evaluate
from tests.rules.folders import PAGE, TABLE, write_rule, write_table
from tests.strategies import as_json, odd_text, quick

KNOW = Knowledge.shipped()
Cells = dict[str, str]
# Made up from end to end: what it says of these drugs is not so.
AGED: Cells = {
    "drug": "lisinopril",
    "age": ">= 100",
    "indicator": "info",
    "summary": "{drug} at {age}",
    "source": "Nobody",
}
SCORE: Cells = {
    "drug": "class:ace_inhibitors|amoxicillin",
    "lab": "33914-3|62238-1",
    "lab_name": "made-up score",
    "lab_is": "< 30 mL/min/{1.73_m2}",
    "lab_days": "365",
    "indicator": "critical",
    "summary": "{drug}; {lab}",
    "suggest": "remove",
    "source": "A source",
    "source_url": "https://a.test/source",
    "topic": "score",
}
LOWER: Cells = SCORE | {"lab_is": "\u2264 45 mL/min", "indicator": "warning", "source_url": ""}
DRAFT = draft(LISINOPRIL)


def rule(directory: Path, *rows: Cells) -> Rule:
    """The rule of such a table."""
    return load_folder(write_table(directory, *rows))


def result(number: float) -> Json:
    """A made-up score of yesterday."""
    return {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": "33914-3"}]},
        "effectiveDateTime": "2026-11-20",
        "valueQuantity": {"value": number, "unit": "mL/min"},
    }


def run(made: Rule, *resources: Json, context: Context | None = None) -> Evaluation:
    """Evaluate the rule for a draft of lisinopril, over a chart with these resources."""
    entries = {"resourceType": "Bundle", "entry": [{"resource": DRAFT}]}
    signing = OrderSign(patient_id=PATIENT, user_id="Practitioner/1", draft_orders=entries)
    data = {}
    for need in made.queries:
        found = [r for r in resources if r["resourceType"] == need.resource]
        sent = found[0] if need is needs.patient else bundle(*found)
        data[need.key] = Data(need, PATIENT, [as_json(sent)])
    chart = Chart(context or signing, data, today=date(2026, 11, 21))
    call = Call(
        "one", frozenset({"MedicationRequest/draft-1"}), "https://a.test", Source(label="x")
    )
    return evaluate([made], chart, KNOW, call, [DRAFT])


def told(evaluation: Evaluation) -> list[tuple[str, str]]:
    """Indicator and summary of each card."""
    return [(card.indicator, card.summary) for card in evaluation.cards]


def test_what_a_table_needs_follows_from_its_columns(tmp_path: Path) -> None:
    """Each piece of data that a filled-in column reads is required, once."""
    bare = AGED | {"age": "", "summary": "Something"}
    other = bare | {"gender": "female"}
    condition = bare | {"condition": "icd-10-cm:N18", "with_drug": "warfarin"}
    made = rule(tmp_path, AGED, SCORE, LOWER, other, condition)
    test = needs.labs("made-up score", "33914-3", "62238-1")
    assert made.needs == (needs.patient, test, needs.conditions, needs.medications)
    assert made.orders == ("MedicationRequest",)


@pytest.mark.parametrize(
    ("number", "cards"),
    [
        (28, [("critical", "Lisinopril 10 MG Oral Tablet; made-up score 28 mL/min")]),
        (45, [("warning", "Lisinopril 10 MG Oral Tablet; made-up score 45 mL/min")]),
        (46, []),
    ],
)
def test_of_one_topic_the_first_row_that_holds_speaks(
    tmp_path: Path, number: float, cards: list[tuple[str, str]]
) -> None:
    """Graded rows give one card, with the evidence, the row's source and its suggestion."""
    found = run(rule(tmp_path, SCORE, LOWER), result(number))
    assert told(found) == cards
    for card in found.cards:
        assert [s.label for s in card.suggestions or ()] == ["Remove lisinopril 10 MG Oral Tablet"]
        assert "- made-up score: " in (card.detail or "")
        assert "2026-11-20" in (card.detail or "")


def test_the_rows_source_is_on_the_card(tmp_path: Path) -> None:
    """With its link, where there is one."""
    (card,) = run(rule(tmp_path, SCORE | {"detail": "More *words*."}), result(1)).cards
    assert "- Reference: [A source](https://a.test/source)\n\nMore *words*." in (card.detail or "")


def test_each_row_that_holds_speaks_where_there_is_no_topic(tmp_path: Path) -> None:
    """Two rows about one order are two cards."""
    patient = {"resourceType": "Patient", "id": PATIENT, "birthDate": "1920-01-01"}
    made = rule(tmp_path, AGED, AGED | {"age": "> 105 years", "summary": "{drug} beyond {age}"})
    assert [summary for _, summary in told(run(made, patient))] == [
        "Lisinopril 10 MG Oral Tablet at 106 years",
        "Lisinopril 10 MG Oral Tablet beyond 106 years",
    ]


@pytest.mark.parametrize(
    ("cells", "resources", "holds"),
    [
        ({"age": "< 6 months"}, [{"birthDate": "2026-07"}], True),
        ({"age": "< 6 months"}, [{"birthDate": "2026-01"}], False),
        ({"gender": "female"}, [{"gender": "female"}], True),
        ({"gender": "male"}, [{"gender": "female"}], False),
        ({"gender": "male", "age": ">= 18"}, [{"gender": "male", "birthDate": "2000"}], True),
    ],
)
def test_age_and_gender(tmp_path: Path, cells: Cells, resources: list[Json], holds: bool) -> None:
    """All the criteria of a row must hold."""
    row = {**AGED, "age": "", "summary": "Something", **cells}
    patient = {"resourceType": "Patient", "id": PATIENT, **resources[0]}
    assert bool(run(rule(tmp_path, row), patient).cards) is holds


def test_conditions_and_other_drugs(tmp_path: Path) -> None:
    """A condition by its code or a part of it, together with another drug of the list."""
    row = {**AGED, "age": "", "condition": "icd-10-cm:N18|snomed:1", "with_drug": "amoxicillin"}
    made = rule(tmp_path, row | {"summary": "{drug} with {other} and {condition}"})
    ckd = {
        "resourceType": "Condition",
        "id": "c",
        "code": {"coding": [{"system": ICD10CM, "code": "N18.4"}], "text": "CKD"},
        "onsetDateTime": "2024",
    }
    taken = draft(id="m1", status="active")
    (card,) = run(made, ckd, taken).cards
    name = "Lisinopril 10 MG Oral Tablet with amoxicillin 500 MG Oral Capsule and CKD"
    assert card.summary == name
    assert "- Condition: CKD, since 2024\n- With: amoxicillin 500 MG" in (card.detail or "")
    assert run(made, ckd).cards == run(made, taken).cards == []


def test_what_is_not_on_file_is_told_once_and_only_where_it_decides(tmp_path: Path) -> None:
    """A missing result is said; not where another criterion settles it, nor for other drugs."""
    gap = "Not checked: drugs against a table - no made-up score of the last 365 days is on file"
    assert told(run(rule(tmp_path / "a", SCORE, LOWER))) == [("info", gap)]
    young = {"resourceType": "Patient", "id": PATIENT, "birthDate": "2000"}
    assert told(run(rule(tmp_path / "b", SCORE | {"age": ">= 100"}), young)) == []
    assert told(run(rule(tmp_path / "c", SCORE | {"drug": "warfarin"}))) == []


def test_on_opening_a_chart_the_drugs_are_those_of_the_list(tmp_path: Path) -> None:
    """Nothing is suggested there, for there is no draft to remove."""
    folder = write_table(tmp_path, SCORE)
    text = (PAGE + TABLE).replace("order-sign", "patient-view")
    (folder / "__init__.py").write_text(text)
    view = PatientView(patient_id=PATIENT, user_id="Practitioner/1")
    taken = draft(LISINOPRIL, id="m1", status="active")
    (card,) = run(load_folder(folder), taken, result(9), context=view).cards
    assert (card.suggestions, card.indicator) == (None, "critical")
    (folder / "__init__.py").write_text(
        text.replace('"patient-view"', '"patient-view", "order-sign"')
    )
    with pytest.raises(RuleError, match=r"__init__\.py:21: a table is about orders or"):
        load_folder(folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"drug": ""}, "drug: is empty"),
        ({"source": ""}, "source: is empty"),
        ({"drug": "lisinopryl"}, "drug: 'lisinopryl' is no drug known here"),
        ({"drug": "rxcui:1"}, "drug: 'rxcui:1' is no drug known here"),
        ({"drug": "class:ace"}, "there is no drug class 'ace'; there is ace_inhibitors"),
        ({"age": ""}, "drug: say with what: fill in one of condition, with_drug, lab, age, gender"),
        ({"age": "old"}, "age: write a comparison, as in >= 65 or < 6 months"),
        ({"age": "> 6 weeks"}, "age: write years or months"),
        ({"gender": "f"}, "gender: write female or male"),
        ({"condition": "N18"}, "condition: write a system and a code, as in icd-10-cm:N18.4"),
        ({"lab": "33914-3"}, "lab_name: is empty, and lab is filled in"),
        (SCORE | {"lab": "33914-4"}, "lab: write LOINC codes"),
        (SCORE | {"lab_is": "< 30 spoons"}, "lab_is: 'spoons' is no unit of UCUM"),
        (SCORE | {"lab_is": "30"}, "lab_is: write a comparison"),
        (SCORE | {"lab_days": "a year"}, "lab_days: write a number of days"),
        ({"indicator": "red"}, "indicator: write info, warning, critical"),
        ({"summary": "{lab}"}, "summary: in braces there may be age, drug"),
        ({"summary": "{drug!r}"}, "summary: in braces there may be"),
        ({"summary": "{drug"}, "summary: "),
        ({"summary": "x" * 140}, "summary: keep it under 140 characters"),
        ({"suggest": "stop"}, "suggest: write remove, or nothing"),
        ({"source_url": "a.test"}, "source_url: write a URL"),
    ],
)
def test_a_cell_that_cannot_be_used(tmp_path: Path, changes: Cells, message: str) -> None:
    """The message names file, line and column, and says what to write."""
    folder = write_table(tmp_path, AGED, AGED | changes)
    with pytest.raises(RuleError) as raised:
        load_folder(folder)
    assert str(raised.value).startswith(f"{folder / 'table.tsv'}:3: ")
    assert message in str(raised.value)


def test_every_faulty_row_is_told(tmp_path: Path) -> None:
    """Line by line, at once."""
    folder = write_table(tmp_path, AGED | {"age": "x"}, AGED, AGED | {"drug": "x"})
    with pytest.raises(RuleError) as raised:
        load_folder(folder)
    lines = str(raised.value).splitlines()
    assert [line.partition(".tsv:")[2][:2] for line in lines] == ["2:", "4:"]


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", ":1: the column 'drug' is missing"),
        (b"drug,age,summary\n", ":1: the columns are separated by commas"),
        (b"drug\tages\n", "there is no column 'ages'; there are drug, condition"),
        (b"drug\tdrug\tindicator\tsummary\tsource\n", "a column is there twice"),
        (b"drug\tindicator\tsummary\tsource\n", "there are no rows below the column names"),
        (b"drug\xff", ":1: save the table as tab-separated text, UTF-8"),
    ],
)
def test_a_file_that_is_no_table(tmp_path: Path, raw: bytes, message: str) -> None:
    """What to save it as, or which column to add."""
    folder = write_table(tmp_path, AGED)
    (folder / "table.tsv").write_bytes(raw)
    with pytest.raises(RuleError) as raised:
        load_folder(folder)
    assert message in str(raised.value)


def test_a_table_that_is_not_there(tmp_path: Path) -> None:
    """The path is told."""
    folder = write_rule(tmp_path, "odd_drugs", PAGE + TABLE)
    with pytest.raises(RuleError, match=r"table\.tsv: cannot be read .* put it there"):
        load_folder(folder)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_spreadsheets_save(tmp_path: Path, encoding: str, end: str) -> None:
    """Byte order marks, line ends, quoted cells, blank lines, comments and short rows are fine."""
    path = tmp_path / "table.tsv"
    head = "drug\tage\tindicator\tsummary\tsource\tdetail"
    row = 'lisinopril\t\u2265\u00a065\tinfo\t"A ""quoted"" {drug}"\tNobody'
    path.write_bytes(end.join(["# made up", "", head, "\t\t", row, ""]).encode(encoding))
    (found,) = read_table(path, KNOW)
    assert (found.line, found.summary, found.detail) == (5, 'A "quoted" {drug}', "")


@given(st.dictionaries(st.sampled_from(COLUMNS), odd_text() | st.sampled_from(["{", "a|b", "<"])))
@quick
def test_any_cells_are_read_or_told(cells: dict[str, Any]) -> None:
    """Whatever a row holds, it becomes a row or a message with its place; never anything else."""
    with suppress(_Wrong, RuleError):
        assert _Reader({**AGED, **cells}, KNOW).row(2).criteria
