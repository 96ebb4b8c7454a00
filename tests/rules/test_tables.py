"""Tables and their companions: what is kept by hand comes first, and wins."""

from pathlib import Path

import pytest

from rules._knowledge import tables

HEAD = "# where it is from\na\tb\tc\n"


def written(folder: Path, **bodies: str) -> Path:
    """A folder of tables, by name, with these rows."""
    for name, body in bodies.items():
        (folder / f"{name}.tsv").write_text(HEAD + body)
    return folder


def test_a_table_alone(tmp_path: Path) -> None:
    """Without companions, it is its rows."""
    assert list(tables.rows(written(tmp_path, ties="1\t2\tx\n"), "ties")) == [["1", "2", "x"]]


@pytest.mark.parametrize(
    ("name", "reviewed", "left"),
    [
        ("ties", "1\t2\tnew\n", ["new", "b", "c"]),
        ("ties", "2\t1\tnew\n", ["new", "b", "c"]),
        ("ties", "1\t9\tnew\n", ["new", "a", "b", "c"]),
        ("ties", "5\t6\tnew\n", ["new", "a", "b"]),
        ("brands", "1\t9\tnew\n", ["new", "b", "c"]),
    ],
    ids=["same", "turned", "other", "share-alike", "brand"],
)
def test_reviewed_rows_win(tmp_path: Path, name: str, reviewed: str, left: list[str]) -> None:
    """A row of the same key is replaced, whichever built file it is in; others stay behind it."""
    built = {name: "1\t2\ta\n3\t4\tb\n", f"{name}_cc_by_sa": "5\t6\tc\n"}
    folder = written(tmp_path, **built, **{f"{name}_reviewed": reviewed})
    assert [row[2] for row in tables.rows(folder, name)] == left
