"""What a rule yields: findings with suggestions, and honest "not checked"s."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, Self

from hooks.cards import Indicator
from prefetch.coding import as_list
from prefetch.medication import MedicationOrder
from prefetch.systems import RXNORM
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
        name = markdown(self.alternative.name)
        return f"- Alternative: {name} - [{label}]({self.alternative.source_url})"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something worth a card.

    Attributes:
        indicator: info, warning, or critical (what a pharmacist would phone about).
        summary: the fact in plain words, in under 140 characters.
        about: what on the chart it is about; with the rule, this is the card's identity.
        detail: the evidence, as GitHub-flavoured Markdown; pass chart text through `markdown`.
        advice: what could be done about it.
    """

    indicator: Indicator
    summary: str
    about: Sequence[Referable]
    detail: str = ""
    advice: tuple[Advice, ...] = field(default=())

    def suggest(self, *advice: Advice) -> Self:
        """The same finding with suggestions added."""
        return replace(self, advice=(*self.advice, *advice))


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


def remove(order: MedicationOrder) -> Advice:
    """Take the drafted order off the pad."""
    label = f"Remove {order.label}"
    change = Change("delete", f"Remove the draft order: {order.label}", order.reference)
    return Advice(label, (change,), "remove")


def swap(order: MedicationOrder, alternative: Alternative) -> Replacement:
    """Replace the drafted order by another drug; dose and directions are left to the prescriber."""
    resource = drafted(order, alternative)
    words = f"Draft {alternative.name} instead; dose and directions to be completed"
    return Replacement(
        label=f"Replace by {alternative.name}",
        changes=(remove(order).changes[0], Change("create", words, resource=resource)),
        key=f"replace-{alternative.rxcui}",
        order=MedicationOrder(resource, {}),
        alternative=alternative,
    )


def drafted(order: MedicationOrder, alternative: Alternative) -> dict[str, Any]:
    """A draft for another drug: subject, encounter, requester and reason as on the order."""
    one = ("subject", "encounter", "requester")
    many = ("category", "reasonCode", "reasonReference")  # an object where FHIR has a list is taken
    coding = {"system": RXNORM, "code": alternative.rxcui, "display": alternative.name}
    return {
        "resourceType": "MedicationRequest",
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": {"coding": [coding], "text": alternative.name},
        **{name: order.resource[name] for name in one if order.resource.get(name)},
        **{name: as_list(order.resource[name]) for name in many if order.resource.get(name)},
    }
