"""The claims of a token whose signature holds: is it for us, for now, and from whom we think?

Standard: CDS Hooks 3.0.0-ballot, "Trusting CDS Clients"; RFC 7519 section 4.1. Its sender is known
by now, so messages say exactly what was expected; they still repeat nothing that was sent.
"""

from collections.abc import Set as AbstractSet
from typing import Any, Final

from hooks.errors import NotAuthenticated
from service.tenants.sites import Site
from service.trust.token import Json, Token, text

_MOST_AUDIENCES: Final = 10
_LATEST: Final = 2.0**53  # beyond it, numbers of different readers differ


def check_claims(token: Token, site: Site, audiences: AbstractSet[str], now: float) -> float:
    """Check everything but whether the token was used before.

    Args:
        token: its signature holds.
        site: whose key it was signed with.
        audiences: what aud may be at the address that was called.
        now: seconds since 1970.

    Returns:
        When the token stops being accepted, in seconds since 1970.

    Raises:
        NotAuthenticated: a claim is missing, of another type, or not as agreed.
    """
    _check_site(token.claims, site)
    _check_audience(token.claims.get("aud"), audiences)
    return _check_times(token.claims, site.trust.max_lifetime, site.trust.leeway, now)


def _check_site(claims: Json, site: Site) -> None:
    for name in ("sub", "tenant"):
        if name in claims:
            text(claims, name)
    if not site.fits_subject(claims.get("sub")):
        raise NotAuthenticated("subject", "Expected a sub that is configured for this issuer.")
    if not site.fits_tenant(claims.get("tenant")):
        raise NotAuthenticated("tenant", "Expected the tenant that is configured for this issuer.")


def _check_audience(aud: Any, audiences: AbstractSet[str]) -> None:
    """Every audience must be this address: a token for others too could come from one of them."""
    named = [aud] if isinstance(aud, str) else aud
    if not isinstance(named, list) or not 0 < len(named) <= _MOST_AUDIENCES:
        raise NotAuthenticated("malformed", "Expected aud as a string, or an array of strings.")
    if not all(isinstance(name, str) and name in audiences for name in named):
        told = " or ".join(sorted(audiences))
        raise NotAuthenticated("audience", f"Expected aud to be the address called: {told}")


def _check_times(claims: Json, longest: int, leeway: int, now: float) -> float:
    expires, issued = _seconds(claims, "exp"), _seconds(claims, "iat")
    if issued > now + leeway:
        raise NotAuthenticated("early", "Expected iat not to lie in the future; compare clocks.")
    if "nbf" in claims and _seconds(claims, "nbf") > now + leeway:
        raise NotAuthenticated("early", "Expected nbf not to lie in the future; compare clocks.")
    if not 0 < expires - issued <= longest:
        raise NotAuthenticated("lifetime", f"Expected exp at most {longest} seconds after iat.")
    if expires + leeway <= now:
        raise NotAuthenticated("expired", "Expected exp to lie in the future; compare clocks.")
    return expires + leeway


def _seconds(claims: Json, name: str) -> float:
    value: Any = claims.get(name)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 0 <= value <= _LATEST:  # which NaN and the infinities fail
        raise NotAuthenticated("malformed", f"Expected {name} as a number of seconds since 1970.")
    return float(value)
