"""A tenant made ready to serve: its catalogue, its FHIR servers, its keys. Immutable.

A reload makes a whole new set of sites; calls under way keep the ones they began with.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from hooks.errors import ConfigurationError
from prefetch.origins import AllowedServers
from rules._rule import Rule, Status
from rules._thresholds import limits
from service.catalog import SERVICES, Catalog
from service.tenants.tenant import Budget, Switch, Tenant, Trust
from service.trust.public_keys import PublicKey

_STATUS: Final[dict[Switch, Status]] = {"on": "active", "shadow": "shadow", "off": "retired"}


class SiteCatalog(Catalog):
    """The services and rules of one tenant."""

    def __init__(self, rules: Sequence[Rule], tenant: Tenant) -> None:
        """Take out what is off, and keep from view what is in shadow.

        Raises:
            ConfigurationError: a switch names no service, or no rule; a threshold is none of a
                rule's, or out of its range.
        """
        _known(tenant.services, [service.id for service in SERVICES], "services")
        _known(tenant.rules, [rule.id for rule in rules], "rules")
        offered = [s for s in SERVICES if tenant.services.get(s.id) != "off"]
        self._shadowed = {name for name, switch in tenant.services.items() if switch == "shadow"}
        super().__init__(_adjusted(_switched(rules, tenant.rules), tenant.thresholds), offered)

    def rules(self, service_id: str, hook: str) -> list[Rule]:
        """The rules a call runs; those of a service in shadow are in shadow."""
        found = super().rules(service_id, hook)
        if service_id not in self._shadowed:
            return found
        return [replace(rule, status="shadow") for rule in found]


@dataclass(frozen=True)
class Site:
    """One tenant, ready to serve.

    Attributes:
        id: the tenant's id; "" where no tenants are configured.
        tenant: its configuration; None where no tenants are configured.
        catalog: the services and rules it gets.
        servers: the FHIR servers that may be read for it.
        deadline: seconds within which its calls are answered.
        keys: its keys, where they are not fetched.
    """

    id: str
    tenant: Tenant | None
    catalog: Catalog
    servers: AllowedServers
    deadline: float
    keys: tuple[PublicKey, ...] = ()

    @property
    def trust(self) -> Trust:
        """Whose tokens are taken as this site's."""
        assert self.tenant is not None  # noqa: S101 - only configured sites are found by a token
        return self.tenant.trust

    @property
    def budget(self) -> Budget | None:
        """How much it may call; None for any amount."""
        return self.tenant.budget if self.tenant else None

    def lists(self, jku: str | None) -> bool:
        """Whether its keys may be looked for where a token says; it need not say."""
        return jku is None or jku in self.trust.jku

    def fits(self, subject: object, tenant_claim: object) -> bool:
        """Whether sub and tenant of a token are this site's."""
        return self.fits_subject(subject) and self.fits_tenant(tenant_claim)

    def fits_subject(self, subject: object) -> bool:
        """Whether sub is this site's."""
        return not self.trust.subjects or subject in self.trust.subjects

    def fits_tenant(self, claim: object) -> bool:
        """Whether the tenant claim is this site's."""
        return self.trust.tenant is None or claim == self.trust.tenant


@dataclass(frozen=True)
class Sites:
    """Every site of one configuration, found by issuer."""

    by_id: Mapping[str, Site]

    @cached_property
    def by_issuer(self) -> dict[str, list[Site]]:
        """The sites that trust an issuer."""
        found: dict[str, list[Site]] = {}
        for site in self.by_id.values():
            for issuer in dict.fromkeys(site.trust.issuers):
                found.setdefault(issuer, []).append(site)
        return found

    @property
    def key_urls(self) -> set[str]:
        """Every URL that keys may be fetched from."""
        return {url for site in self.by_id.values() for url in site.trust.jku}


def _switched(rules: Sequence[Rule], switches: Mapping[str, Switch]) -> list[Rule]:
    """The rules with the site's switches thrown; what is retired stays retired."""
    return [
        replace(rule, status=_STATUS[switches[rule.id]])
        if rule.id in switches and rule.status != "retired"
        else rule
        for rule in rules
    ]


def _adjusted(rules: Sequence[Rule], thresholds: Mapping[str, Mapping[str, float]]) -> list[Rule]:
    """The rules with the site's own numbers."""
    by_id = {rule.id: rule for rule in rules}
    _known(thresholds, list(by_id), "thresholds")
    for rule_id, numbers in thresholds.items():
        declared = by_id[rule_id].thresholds
        _known(numbers, list(declared), f"thresholds.{rule_id}")
        for name, number in numbers.items():
            if not declared[name].allows(number):
                raise ConfigurationError(
                    f"thresholds.{rule_id}.{name}: write {declared[name].range}, in "
                    f"{declared[name].unit}"
                )
        by_id[rule_id] = replace(by_id[rule_id], limits=limits(declared, numbers))
    return list(by_id.values())


def _known(switches: Mapping[str, object], known: Sequence[str], key: str) -> None:
    for name in switches:
        if name not in known:
            raise ConfigurationError(
                f"{key}.{name}: there is none; use {', '.join(known) or 'none'}"
            )
