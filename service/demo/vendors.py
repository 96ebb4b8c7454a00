"""Habits of EHRs: what each sends differently, and what it makes of a suggestion.

The services it calls and the actions it carries out come from the tenants' presets; how its calls
look is from the same sources as these (service/tenants/presets). Starting points, not truths.
"""

from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from prefetch.systems import ICD10CM, RXNORM
from service.tenants import presets

Json = dict[str, Any]

STANDARD: Final = "standard"
_OIDS: Final = {
    RXNORM: "urn:oid:2.16.840.1.113883.6.88",
    ICD10CM: "urn:oid:2.16.840.1.113883.6.90",
}


@dataclass(frozen=True, slots=True)
class Vendor:
    """An EHR's habits.

    Attributes:
        id: the preset's name.
        label: the vendor's name.
        habits: what is different, in words.
        own_keys: whether prefetch keys are typed in by the hospital, as item1, item2.
        omits_failed: whether a failed query is left out, rather than sent as an OperationOutcome.
        referenced: whether an order's drug is a Medication of its own, coded by OIDs.
        sandbox: whether orders and calls have the public sandbox's bends.
        offers_server: whether the service may read the FHIR server.
        services: those it does not call.
        action_types: those it carries out.
        one_action: whether it carries out one action of a suggestion only.
        plural_reasons: whether feedback has `overrideReasons` for `overrideReason`.
    """

    id: str
    label: str
    habits: tuple[str, ...] = ()
    own_keys: bool = False
    omits_failed: bool = False
    referenced: bool = False
    sandbox: bool = False
    offers_server: bool = True
    services: frozenset[str] = frozenset()
    action_types: tuple[str, ...] = ("create", "update", "delete")
    one_action: bool = False
    plural_reasons: bool = False

    def calls(self, service: str) -> bool:
        """Whether it calls this service at all."""
        return service not in self.services

    def honoured(self, suggestion: Json) -> tuple[Json, list[str]]:
        """The suggestion with the actions that are carried out, and what is left out, in words."""
        actions = list(suggestion.get("actions") or [])
        known = [a for a in actions if a.get("type") in self.action_types]
        kept = known[:1] if self.one_action else known
        left = [str(a.get("description", a.get("type"))) for a in actions if a not in kept]
        return suggestion | {"actions": kept}, left

    def feedback(self, pieces: Sequence[Json]) -> list[Json]:
        """Feedback as it writes it."""
        if not self.plural_reasons:
            return list(pieces)
        names = {"overrideReason": "overrideReasons"}
        return [{names.get(name, name): v for name, v in piece.items()} for piece in pieces]

    def keys(self, prefetch: Json) -> Json:
        """The prefetch under the keys it uses."""
        if not self.own_keys:
            return prefetch
        return {f"item{n}": value for n, value in enumerate(prefetch.values(), 1)}

    def bundle(self, drafts: Sequence[Json]) -> Json:
        """The draft orders as it sends them."""
        entries = [{"resource": each} for draft in drafts for each in self._order(draft)]
        bundle: Json = {"resourceType": "Bundle", "entry": entries}
        return bundle if self.sandbox else bundle | {"type": "collection"}

    def _order(self, draft: Json) -> Iterable[Json]:
        if self.sandbox:
            yield draft | {"category": {"coding": [{"code": "outpatient"}]}}
        elif self.referenced and "medicationCodeableConcept" in draft:
            order = deepcopy(draft)
            drug = order.pop("medicationCodeableConcept")
            name = f"drug-of-{draft['id']}"
            link = {"reference": f"Medication/{name}", "display": drug.get("text")}
            yield _with_oids(order | {"medicationReference": link})
            yield _with_oids({"resourceType": "Medication", "id": name, "code": drug})
        else:
            yield draft


def _with_oids(value: Any) -> Any:
    """The same with code systems written as OIDs."""
    if isinstance(value, list):
        return [_with_oids(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _OIDS.get(inner, inner) if name == "system" else _with_oids(inner)
        for name, inner in value.items()
    }


def _preset(name: str, label: str, **habits: Any) -> Vendor:
    table = presets.load(name)
    actions = table.get("actions", {})
    off = {service for service, switch in table.get("services", {}).items() if switch == "off"}
    return Vendor(
        name,
        label,
        services=frozenset(off),
        action_types=tuple(actions.get("types", ("create", "update", "delete"))),
        one_action=bool(actions.get("one_per_suggestion")),
        **habits,
    )


@cache
def _all() -> dict[str, Vendor]:
    found = (
        Vendor(STANDARD, "Standard", ("Keys, orders and actions as the standard has them.",)),
        _preset(
            "epic",
            "Epic",
            habits=(
                "Prefetch keys are typed in by the hospital: item1, item2.",
                "A drug is a Medication beside the order, coded by OIDs.",
                "One action of a suggestion is carried out; no update.",
                "Feedback has overrideReasons for overrideReason.",
            ),
            own_keys=True,
            referenced=True,
            plural_reasons=True,
        ),
        _preset(
            "oracle-health",
            "Oracle Health",
            habits=("patient-view is the only hook its page lists: orders are not checked.",),
        ),
        _preset(
            "meditech",
            "MEDITECH",
            habits=(
                "No client is publicly known. Assumed: an interface engine calls.",
                "Everything is prefetched, and nothing can be read.",
                "A drug is a Medication beside the order, as on its FHIR server.",
            ),
            referenced=True,
            offers_server=False,
        ),
        _preset(
            "sandbox",
            "CDS Hooks sandbox",
            habits=(
                "A query that fails is left out of the prefetch; there is no token.",
                "draftOrders has no type, an order's category is no list.",
                "One action of a suggestion is carried out.",
            ),
            omits_failed=True,
            sandbox=True,
        ),
    )
    return {vendor.id: vendor for vendor in found}


def names() -> list[str]:
    """Every vendor's id."""
    return list(_all())


def named(name: str) -> Vendor:
    """The vendor of that id; KeyError when there is none."""
    return _all()[name]
