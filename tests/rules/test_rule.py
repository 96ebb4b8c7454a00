"""The decorator and the docstring: what is refused at load, and what the message says."""

import sys
from collections.abc import Callable
from types import ModuleType

import pytest

from hooks.cards import Source
from hooks.errors import RuleError
from prefetch import needs
from prefetch.chart import Chart
from rules._knowledge.knowledge import Knowledge
from rules._page import read_page
from rules._rule import Findings, Rule, rule

PAGE = """Something is the case.

What it checks:
    One thing.

    And another.

Why it matters:
    It does.

When it stays silent:
    Otherwise.

Evidence:
    A source.

History:
    1.0.0 First version.
"""


def make(
    page: str = PAGE, hooks: tuple[str, ...] = ("order-sign",), version: str = "1.0.0"
) -> Rule:
    """A rule from a module with this docstring."""

    def check(_chart: Chart, _know: Knowledge) -> Findings:
        yield from ()

    module = ModuleType("rules.made_up", page)
    sys.modules[module.__name__] = module
    check.__module__ = module.__name__
    decorate: Callable[..., Rule] = rule(
        hooks=hooks,
        checks="something",
        needs=(needs.allergies,),
        source=Source(label="A source"),
        version=version,
        reviewed="2026-11-21",
    )
    return decorate(check)


def test_the_folder_names_the_rule_and_the_docstring_is_its_page() -> None:
    """Id, title and sections come from the module, with paragraphs kept."""
    made = make()
    assert made.id == "made-up"
    assert made.title == "Something is the case"
    assert made.page["What it checks"] == "One thing.\n\nAnd another."


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("", "needs a title line"),
        ("Title.\n", "found none"),
        (PAGE.replace("Evidence:", "Proof:"), "found What it checks, Why it matters"),
        (PAGE.replace("Why it matters", "When it stays silent", 1), "in this order"),
        (PAGE.replace("What it checks:\n", "Stray words.\n"), "found 'Stray words.'"),
    ],
)
def test_a_docstring_that_is_no_page_is_refused(page: str, message: str) -> None:
    """A missing, unknown or misplaced heading is told with the headings that were found."""
    with pytest.raises(RuleError, match="rules/made_up") as raised:
        make(page)
    assert message in str(raised.value)


def test_optional_headings_keep_their_place() -> None:
    """What it suggests and Known limits may be there, in order."""
    page = PAGE.replace("Evidence:", "What it suggests:\n    To act.\n\nEvidence:")
    _, sections = read_page(page, "made_up")
    assert sections["What it suggests"] == "To act."


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hooks": ()}, "hooks must be among order-select"),
        ({"hooks": ("order-eat",)}, r"found \['order-eat'\]"),
        ({"version": "1"}, "version must be like 1.0.0"),
    ],
)
def test_wrong_metadata_is_refused(changes: dict[str, object], message: str) -> None:
    """Hooks nobody fires and versions that are none stop the load, with what to write instead."""
    with pytest.raises(RuleError, match=message):
        make(**changes)  # type: ignore[arg-type]
