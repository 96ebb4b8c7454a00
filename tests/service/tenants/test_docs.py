"""`docs/tenants.md` names every key, each reason and each preset, and its examples are good."""

import re
import shlex
from pathlib import Path

import pytest

from hooks.errors import OverBudget, Unavailable
from rules._load import load
from service import app
from service.settings import Settings
from service.tenants import presets
from service.tenants.keys import described
from service.tenants.load import load_sites

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "tenants.md").read_text()


def test_every_key_is_documented_and_no_other() -> None:
    """The tables of keys and the models agree, and each key has a sentence in both."""
    rows = re.findall(r"^\| `([a-z_.]+)` \| ([A-Z][^|]+\.) \| [^|]+ \|$", TEXT, re.MULTILINE)
    assert {key for key, _ in rows} == described().keys()
    assert all(text.endswith(".") for text in described().values())


def test_every_reason_is_documented() -> None:
    """Each word a refusal can have is in the table of words, and no other."""
    section = TEXT.partition("| word |")[2].partition("\n\n")[0]
    first = [row.split("|")[1] for row in section.splitlines() if row.startswith("| `")]
    told = {word for cell in first for word in re.findall(r"`([a-z-]+)`", cell)}
    code = "".join(path.read_text() for path in (ROOT / "service" / "trust").glob("*.py"))
    others = {OverBudget.reason, Unavailable.reason, "operator"}
    assert told == set(re.findall(r'NotAuthenticated\(\s*"([a-z-]+)"', code)) | others


def test_every_preset_is_documented() -> None:
    """The presets that are named are those there are."""
    row = next(line for line in TEXT.splitlines() if line.startswith("| `preset` |"))
    assert set(re.findall(r"`([a-z-]+)`", row)) == {*presets.names(), "preset"}


@pytest.mark.parametrize("example", re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL))
def test_each_example_can_be_used(tmp_path: Path, example: str) -> None:
    """Production would start with it."""
    file = tmp_path / "sites.toml"
    file.write_text(example)
    assert load_sites(file, Settings(mode="production"), load()).by_id


def test_the_commands_exist() -> None:
    """What is to be typed names an application that there is."""
    line = next(line for line in TEXT.splitlines() if "--factory" in line)
    words = shlex.split(line.rstrip("\\"))
    module, _, name = words[words.index("--factory") + 1].partition(":")
    assert (module, callable(getattr(app, name))) == ("service.app", True)
