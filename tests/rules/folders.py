"""Rule folders of a made-up site, written for one test each."""

from pathlib import Path

PAGE = '''"""Something is the case.

What it checks:
    One thing.

Why it matters:
    It does.

When it stays silent:
    Otherwise.

Evidence:
    A source.

History:
    1.0.0 First version.
"""
'''
RULE = """
from rules import Chart, Finding, Findings, Knowledge, Source, needs, rule


@rule(
    hooks=("order-sign",),
    checks="something",
    orders=("MedicationRequest",),
    needs=(needs.allergies,),
    source=Source(label="A source"),
    version="1.0.0",
    reviewed="2026-11-21",
)
def found(chart: Chart, know: Knowledge) -> Findings:
    for order in chart.selected:
        yield Finding("info", "Something is the case", about=(order,))
"""
TABLE = """
from rules import Source, table_rule

rule = table_rule(
    __name__,
    hooks=("order-sign",),
    checks="drugs against a table",
    source=Source(label="A source"),
    version="1.0.0",
    reviewed="2026-11-21",
)
"""


def write_rule(directory: Path, name: str = "something_odd", code: str = PAGE + RULE) -> Path:
    """A rule's folder with a case, whatever the case says."""
    folder = directory / name
    (folder / "cases").mkdir(parents=True, exist_ok=True)
    (folder / "cases" / "fires.json").write_text("{}")
    (folder / "__init__.py").write_text(code)
    return folder


def write_table(directory: Path, *rows: dict[str, str], name: str = "odd_drugs") -> Path:
    """A table rule's folder; the columns are those that the rows have between them."""
    folder = write_rule(directory, name, PAGE + TABLE)
    columns = list(dict.fromkeys(column for row in rows for column in row))
    lines = ["\t".join(columns), *("\t".join(row.get(c, "") for c in columns) for row in rows)]
    (folder / "table.tsv").write_text("\n".join(lines) + "\n")
    return folder
