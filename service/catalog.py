"""Which services are offered, on which hooks, and which rules make up each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import hooks
from hooks.discovery import Discovery, ServiceDescription
from hooks.errors import Problem, UnknownService, WrongHook
from prefetch.gather import with_earlier
from prefetch.needs import Need
from prefetch.templates import in_order, is_plain
from rules._rule import Rule


@dataclass(frozen=True, slots=True)
class Service:
    """One advertised service. The same id on several hooks lets later advice replace earlier."""

    id: str
    hooks: tuple[str, ...]
    title: str
    description: str


SERVICES: Final = (
    Service(
        "order-safety",
        ("order-select", "order-sign"),
        "Order safety",
        "Checks drafted medication orders against the patient's chart, drug allergies first. "
        "Suggests to remove or replace an order, and says what could not be checked.",
    ),
    Service(
        "chart-review",
        ("patient-view",),
        "Chart review",
        "On opening a chart: current medications that conflict with a documented allergy, and "
        "allergy entries that no order can be checked against.",
    ),
)


class Catalog:
    """The services with their rules."""

    def __init__(self, rules: Sequence[Rule], services: Sequence[Service] = SERVICES) -> None:
        """Put the rules into the services that share a hook with them.

        Raises:
            ConfigurationError: a rule's query cannot be understood, or depends on itself.
        """
        self._services = {service.id: service for service in services}
        self._rules = [rule for rule in rules if rule.status != "retired"]
        in_order({need.key: need.template for need in _queries(self._rules)})
        self.discovery = Discovery(
            services=tuple(self._describe(s, hook) for s in services for hook in s.hooks)
        ).to_json()

    def rules(self, service_id: str, hook: str) -> list[Rule]:
        """The rules a call of this service on this hook runs.

        Raises:
            UnknownService: there is no such service.
            WrongHook: the service does not answer that hook.
        """
        service = self.service(service_id)
        if hook not in service.hooks:
            expected = " or ".join(service.hooks)
            raise WrongHook(
                Problem(f"Expected the hook {expected} at this service.", "hook", "not-supported")
            )
        return [rule for rule in self._rules if hook in rule.hooks]

    def service(self, service_id: str) -> Service:
        """The service of that id.

        Raises:
            UnknownService: there is none.
        """
        try:
            return self._services[service_id]
        except KeyError:
            offered = ", ".join(self._services)
            raise UnknownService(
                Problem(f"Expected one of the services {offered}.", "", "not-found")
            ) from None

    def _describe(self, service: Service, hook: str) -> ServiceDescription:
        rules = [rule for rule in self._rules if hook in rule.hooks]
        required = dict.fromkeys(need.words for rule in rules for need in rule.needs)
        asked = {need.key: need.template for need in _queries(rules) if need.advertised}
        prefetch = {key: asked[key] for key in in_order(asked) if is_plain(asked[key])}
        return ServiceDescription(
            hook=hook,
            title=service.title,
            description=service.description,
            id=service.id,
            prefetch=prefetch or None,
            usageRequirements=_requirements(list(required)),
            hookVersion=hooks.versions()[hook],
        )


def _queries(rules: Sequence[Rule]) -> list[Need]:
    return with_earlier(need for rule in rules for need in rule.queries)


def _requirements(required: Sequence[str]) -> str | None:
    if not required:
        return None
    return (
        f"Needs the {' and the '.join(required)}: prefetched, or readable with a token in "
        "fhirAuthorization. What cannot be obtained is reported as not checked; if nothing can be "
        "checked at all, the answer is 412. FHIR R4."
    )
