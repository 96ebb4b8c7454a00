"""Sites with budgets, and tokens by name, for tests of what calls use up."""

from prefetch.origins import AllowedServers
from service.tenants.sites import Site, SiteCatalog
from service.tenants.tenant import Tenant
from service.trust.replay import TokenId
from tests.callers import ISSUER, JKU, Clock


def site(name: str = "mercy", **budget: int) -> Site:
    """A site that may call so much."""
    trust = {"issuers": [ISSUER], "jku": [JKU]}
    tenant = Tenant.model_validate({"trust": trust, "budget": budget})
    return Site(name, tenant, SiteCatalog([], tenant), AllowedServers(frozenset()), 2)


def token(clock: Clock, jti: str, issuer: str = ISSUER) -> TokenId:
    """A token that lives for five minutes."""
    return TokenId(issuer, jti, clock.exact() + 300)
