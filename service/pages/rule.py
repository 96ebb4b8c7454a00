"""What the page of a rule shows."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from prefetch.needs import Need
from rules._rule import Rule
from service.pages.attributes import Attribute, attributes
from service.pages.examples import Example, Unreadable, examples

_STATUS: Final[Mapping[str, str]] = {
    "active": "active",
    "shadow": "in shadow: evaluated, not shown",
    "retired": "retired: no longer evaluated",
}


@dataclass(frozen=True)
class RuleView:
    """A rule with all that its page shows.

    Attributes:
        rule: the rule.
        status: in words.
        sections: the docstring's headings and texts.
        needs: the data it asks for, and what becomes of the rule without.
        examples: its cases, answered.
        attributes: the US source attributes.
    """

    rule: Rule
    status: str
    sections: list[tuple[str, str]]
    needs: list[tuple[Need, str]]
    examples: list[Example | Unreadable]
    attributes: list[Attribute]


_answered: Final[dict[tuple[Path, str], list[Example | Unreadable]]] = {}


async def view(rule: Rule) -> RuleView:
    """What the rule's page shows; its examples are worked out once, beside the serving thread."""
    key = (rule.folder, rule.digest)
    if key not in _answered:
        _answered[key] = await asyncio.to_thread(worked_out, rule)
    return shown(rule, _answered[key])


def worked_out(rule: Rule) -> list[Example | Unreadable]:
    """The rule's cases, answered."""
    return asyncio.run(examples(rule))


def shown(rule: Rule, worked: list[Example | Unreadable]) -> RuleView:
    """The view of a rule with these examples."""
    lacking = [(need, "the check is not made, and a card says so") for need in rule.needs]
    lacking += [(need, "the check is made without it") for need in rule.helped_by]
    return RuleView(
        rule=rule,
        status=_STATUS[rule.status],
        sections=list(rule.page.items()),
        needs=lacking,
        examples=worked,
        attributes=attributes(rule),
    )
