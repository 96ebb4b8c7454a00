"""What a rule yields: findings with suggestions, and honest "not checked"s."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, Self

from hooks.cards import Indicator, Link
from prefetch.medication import MedicationOrder
from rules._knowledge.alternatives import Alternative
from rules._text import markdown


class Referable(Protocol):
    """Something on the chart that can be pointed at: an order, an allergy."""

    @property
    def reference(self) -> str:
        """`Type/id`."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change to the orders: what to do, in words and as a resource."""

    type: str
    description: str
    resource_id: str = ""
    resource: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Advice:
    """Something the clinician can accept with one click.

    Attributes:
        label: what to do, in the imperative.
        changes: all of them happen together.
        key: tells this advice from the others of the same finding.
    """

    label: str
    changes: tuple[Change, ...]
    key: str


@dataclass(frozen=True, slots=True)
class Replacement(Advice):
    """Advice that drafts another order in place of one.

    Attributes:
        order: the order it drafts, to be checked like any other.
        alternative: what it drafts, with the source that offers it.
    """

    order: MedicationOrder
    alternative: Alternative

    @property
    def evidence(self) -> str:
        """The alternative and the source that offers it, as a line of Markdown."""
        label = markdown(self.alternative.source_label)
        told = markdown(f"{self.alternative.name}{self.alternative.told}")
        return f"- Alternative: {told} - [{label}]({self.alternative.source_url})"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something worth a card.

    Attributes:
        indicator: info, warning, or critical (what a pharmacist would phone about).
        summary: the fact in plain words, in under 140 characters.
        about: what on the chart it is about; with the rule, this is the card's identity.
        detail: the evidence, as GitHub-flavoured Markdown; pass chart text through `markdown`.
        advice: what could be done about it.
        links: pages and apps to open from the card.
        key: tells it from another finding of the rule about the same things.
    """

    indicator: Indicator
    summary: str
    about: Sequence[Referable]
    detail: str = ""
    advice: tuple[Advice, ...] = field(default=())
    links: tuple[Link, ...] = field(default=())
    key: str = ""

    def suggest(self, *advice: Advice | None) -> Self:
        """The same finding with suggestions added; None is passed over."""
        return replace(self, advice=(*self.advice, *filter(None, advice)))

    def link(self, label: str, url: str) -> Self:
        """The same finding with a link to a page added.

        Raises:
            InvalidAnswer: the URL is not one, or the label is empty.
        """
        return replace(self, links=(*self.links, Link(label=label, url=url)))

    def smart_link(self, label: str, url: str, context: str = "") -> Self:
        """The same finding with a link that launches a SMART app added.

        Args:
            label: what the link says.
            url: the app's launch URL.
            context: what the app gets to know of the finding (`appContext`).

        Raises:
            InvalidAnswer: the URL is not one, or the label is empty.
        """
        app = Link(label=label, url=url, type="smart", appContext=context or None)
        return replace(self, links=(*self.links, app))


@dataclass(frozen=True, slots=True)
class NotChecked:
    """Something the rule could not look at.

    Attributes:
        what: the thing, in a clinician's words, to follow "Not checked: ".
        why: the reason, as a clause.
        indicator: warning when a whole check is missing, info when part of one is.
    """

    what: str
    why: str
    indicator: Indicator = "info"
