"""Rules of a site come in by the door ours use, and what is wrong with them is told by line."""

import subprocess
import sys
from pathlib import Path

import pytest

from hooks.errors import RuleError
from rules._load import HOUSE, distinct, folders, load, load_folder, packaged
from tests.rules.folders import PAGE, RULE, write_rule


def test_a_sites_rules_are_loaded_beside_ours(tmp_path: Path) -> None:
    """The folder names the rule; ours keep their place and identity."""
    folder = write_rule(tmp_path)
    rules = load([tmp_path])
    assert rules[:-1] == load()
    assert (rules[-1].id, rules[-1].folder) == ("something-odd", folder)
    assert rules[-1].folder.parent != HOUSE


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    """The directory is not on the path, the rule has no public name, and no bytecode is written."""
    write_rule(tmp_path)
    load([tmp_path])
    assert str(tmp_path) not in sys.path
    assert "something_odd" not in sys.modules
    assert not list(tmp_path.rglob("__pycache__"))


def test_a_rule_may_be_split_into_files(tmp_path: Path) -> None:
    """Helpers inside the folder are imported relatively."""
    code = RULE.replace("\n\n\n@rule", "\nfrom .words import SUMMARY\n\n\n@rule")
    folder = write_rule(tmp_path, code=PAGE + code.replace('"Something is the case"', "SUMMARY"))
    (folder / "words.py").write_text('SUMMARY = "From beside"\n')
    assert load_folder(folder).id == "something-odd"


def test_each_loading_reads_the_text_as_it_is(tmp_path: Path) -> None:
    """Two edits within one second are two texts, with two digests; cases do not count."""
    folder = write_rule(tmp_path)
    one = load_folder(folder)
    (folder / "cases" / "silent.json").write_text("{}")
    assert load_folder(folder).digest == one.digest
    write_rule(tmp_path, code=PAGE.replace("One thing.", "Two thing.") + RULE)
    other = load_folder(folder)
    assert other.page["What it checks"] == "Two thing."
    assert other.digest != one.digest
    assert len(one.digest) == 12


def test_only_rule_folders_count(tmp_path: Path) -> None:
    """Underscored, hidden and other folders and files are passed over."""
    write_rule(tmp_path)
    for name in ("_shared", ".git", "notes"):
        (tmp_path / name).mkdir()
    (tmp_path / "_shared" / "__init__.py").touch()
    (tmp_path / "README.md").touch()
    assert [folder.name for folder in folders(tmp_path)] == ["something_odd"]


@pytest.mark.parametrize(
    ("code", "place", "message"),
    [
        ("def", ":1: ", "this is not Python"),
        (PAGE + "x = 1 / 0\n", ":18: ", "ZeroDivisionError: division by zero"),
        (PAGE + "raise SystemExit\n", ":18: ", "SystemExit"),
        (PAGE + "from .missing import x\n", ":18: ", "ModuleNotFoundError"),
        (PAGE, ": ", "expected one function with @rule, or one table_rule(); found 0"),
        (PAGE + RULE + RULE.replace("found(", "again("), ": ", "found 2"),
        (PAGE + RULE.replace("1.0.0", "1.0"), ":22: ", "version must be like 1.0.0, not '1.0'"),
        (PAGE + RULE.replace('hooks=("order-sign",)', 'hook="x"'), ":22: ", "'hook'"),
        (RULE, ":1: ", "the docstring needs a title line and the headings"),
        (PAGE.replace("One thing.", "") + RULE, ":1: ", "below the heading 'What it checks'"),
    ],
)
def test_a_rule_that_cannot_be_loaded(tmp_path: Path, code: str, place: str, message: str) -> None:
    """The message names the file, the line, and what to do."""
    folder = write_rule(tmp_path, code=code)
    with pytest.raises(RuleError) as raised:
        load_folder(folder)
    assert str(raised.value).startswith(f"{folder / '__init__.py'}{place}")
    assert message in str(raised.value)


def test_a_rule_needs_cases(tmp_path: Path) -> None:
    """Without a case nobody has seen it fire."""
    folder = write_rule(tmp_path)
    (folder / "cases" / "fires.json").unlink()
    with pytest.raises(RuleError, match="there are no cases; add cases/fires"):
        load_folder(folder)


@pytest.mark.parametrize("name", ["stop_metformin", "Metformin", "check_dose", "a__b", "test"])
def test_a_rule_is_named_after_the_situation(tmp_path: Path, name: str) -> None:
    """A remedy, or a name that makes no id, is refused with an example of a good one."""
    with pytest.raises(RuleError, match="metformin_low_egfr"):
        load_folder(write_rule(tmp_path, name))


def test_two_rules_of_one_name_are_refused(tmp_path: Path) -> None:
    """Whether the other is ours or another site's, both places are named."""
    write_rule(tmp_path, "drug_allergy")
    with pytest.raises(RuleError, match=r"drug_allergy: there is a rule drug-allergy already, in"):
        load([tmp_path])
    one, other = (load_folder(write_rule(tmp_path / d)) for d in ("a", "b"))
    with pytest.raises(RuleError, match="rename the folder"):
        distinct((one, other))


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    """A wrong path is told, not taken for a directory without rules."""
    with pytest.raises(RuleError, match="name a directory that holds rule folders"):
        load([tmp_path / "none"])


PACKAGE = """
import sys
from pathlib import Path
from rules._load import load
sys.path.insert(0, sys.argv[1])
try:
    print([rule.id for rule in load(installed=True)][-1])
except Exception as error:
    print(type(error).__name__, error)
"""


@pytest.mark.parametrize(
    ("value", "told"),
    [("mercy_rules", "something-odd"), ("mercy_ruled", "RuleError entry point 'mercy' of")],
)
def test_installed_packages_bring_rules(tmp_path: Path, value: str, told: str) -> None:
    """A package that an entry point names has its folders loaded; what is none is told of."""
    package = tmp_path / "mercy_rules"
    write_rule(package)
    (package / "__init__.py").touch()
    info = tmp_path / "mercy-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mercy\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[cardwise.rules]\nmercy = {value}\n")
    done = subprocess.run(  # noqa: S603 - our own interpreter, with a text of ours
        [sys.executable, "-c", PACKAGE, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=HOUSE.parent,
    )
    assert done.stdout.startswith(told), done.stdout + done.stderr
    assert not list(packaged())  # nothing is installed in this process
