"""Documentation is tested against the code it speaks of."""

import re
from pathlib import Path

from prefetch.states import Reason, State
from rules._load import load

ROOT = Path(__file__).parent.parent


def first_column(path: Path) -> set[str]:
    """The code in the first column of every table of a page."""
    return set(re.findall(r"^\| `([^`]+)` \|", path.read_text(), re.MULTILINE))


def test_every_state_and_reason_is_documented() -> None:
    """docs/data.md has each state and reason, and no other."""
    assert first_column(ROOT / "docs" / "data.md") == {*State, *Reason}


def test_every_rule_is_in_the_readme() -> None:
    """The README's table of rules has each rule with its hooks, and no other."""
    text = (ROOT / "README.md").read_text()
    told = dict(
        re.findall(r"^\| \[([a-z-]+)\]\(rules/\w+/__init__\.py\) \| ([^|]+) \|", text, re.MULTILINE)
    )
    assert told == {rule.id: ", ".join(rule.hooks) for rule in load()}


def test_the_readme_is_short() -> None:
    """At most 150 lines."""
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150


def test_links_lead_somewhere() -> None:
    """Every relative link in the documentation is a file that is there."""
    for page in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), ROOT / "tests" / "README.md"):
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_every_limit_that_can_be_set_is_explained() -> None:
    """docs/limits.md names each setting that docs/settings.md says it explains."""
    table = (ROOT / "docs" / "settings.md").read_text().partition("## Limits")[2]
    settings = re.findall(r"^\| `(CARDWISE_\w+)`", table, re.MULTILINE)
    told = (ROOT / "docs" / "limits.md").read_text()
    assert len(settings) >= 8
    assert [name for name in settings if name not in told] == []
