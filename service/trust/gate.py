"""Who is calling: the client's JWT, checked on every call, and the site it belongs to.

Standard: CDS Hooks 3.0.0-ballot, "Trusting CDS Clients". In this order, each before the next:

1. one Authorization header with one signed JWT, of the right shape;
2. its iss and jku are together on the list of a site; nothing has been fetched so far;
3. its algorithm is one agreed with that site, and its key is found: pinned, cached or fetched;
4. the signature holds;
5. its claims are for this address, this time and this site;
6. its jti was not used before, and its site has budget left: the ledger says so.

Until 4, messages tell a stranger nothing that is not public. Nothing sent is ever repeated.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from hooks.errors import NotAuthenticated, OverBudget, Unavailable
from service.tenants.sites import Site, Sites
from service.trust.claims import check_claims
from service.trust.key_sets import KeySets
from service.trust.public_keys import PublicKey
from service.trust.replay import TokenId
from service.trust.token import Token, read_token, text

_log: Final = logging.getLogger("cardwise.auth")
Handler = Callable[[Request], Awaitable[Response]]


class Gate:
    """Admits calls to the sites they belong to. One per process.

    Attributes:
        everyone: the site of calls that need no token.
        sites: the configured sites; None where every call is everyone's. Replaced by a reload.
        keys: the key sets that are fetched.
    """

    def __init__(
        self,
        everyone: Site,
        sites: Sites | None,
        keys: KeySets,
        clock: Callable[[], float],
        base_url: str,
    ) -> None:
        """Make it.

        Args:
            everyone: the site of calls that need no token.
            sites: the configured sites.
            keys: the key sets that are fetched.
            clock: seconds since 1970.
            base_url: the service's own URL, as EHRs call it.
        """
        self.everyone = everyone
        self.sites = sites
        self.keys = keys
        self._clock = clock
        self._base_url = base_url

    def replace(self, sites: Sites) -> None:
        """Serve other sites from now on; calls under way keep theirs."""
        self.sites = sites
        self.keys.keep_only(sites.key_urls)

    async def admit(self, authorization: list[str], path: str) -> tuple[Site, TokenId | None]:
        """The site a call belongs to, and its token, which the ledger has yet to be asked about.

        Args:
            authorization: the values of all its Authorization headers.
            path: the path that was called.

        Raises:
            NotAuthenticated: its token is missing, or cannot be trusted.
        """
        if self.sites is None:
            return self.everyone, None
        token = read_token(authorization)
        site = _choose(self.sites, token)
        _check_header(token, site)
        keys = await self._keys(token, site)
        if not keys:
            raise NotAuthenticated(
                "unknown-key", "Expected a kid from the issuer's key set, as it can be read now."
            )
        # 0.36 ms for ES384; with a worker to each core, another thread would gain nothing
        if not any(key.signed(token.compact, token.alg) for key in keys):
            raise NotAuthenticated("signature", "Expected a signature by the key that kid names.")
        bases = (self._base_url, *(url.rstrip("/") for url in site.trust.base_urls))
        audiences = {base + path for base in bases} | {*site.trust.audience}
        end = check_claims(token, site, audiences, self._clock())
        return site, TokenId(token.iss, text(token.claims, "jti"), end)

    async def _keys(self, token: Token, site: Site) -> list[PublicKey]:
        """The keys its kid names: the site's own, or else those at its jku."""
        if site.keys:
            return [key for key in site.keys if key.kid == token.kid]
        urls = (token.jku,) if token.jku else site.trust.jku
        return [key for url in urls for key in await self.keys.find(url, token.kid)]


def guarded(handler: Handler, *, opened: bool = False) -> Handler:
    """The handler, reached only by calls that are admitted and within their budget.

    Args:
        handler: finds the caller's site in `request.state.site`, and who signed in `issuer`.
        opened: whether a call without a token is everyone's.
    """

    async def admitted(request: Request) -> Response:
        state = request.app.state.cardwise
        gate: Gate = state.gate
        authorization = request.headers.getlist("authorization")
        try:
            if opened and not authorization:
                site, token = gate.everyone, None
            else:
                site, token = await gate.admit(authorization, request.scope["path"])
            request.state.site = site
            request.state.issuer = token.issuer if token else None
            async with state.ledger.entered(site, token):
                return await handler(request)
        except (NotAuthenticated, OverBudget, Unavailable) as error:
            state.metrics.refused(error.reason)
            _log.info("refused a call (%s): %s", handler.__name__, error.reason)
            raise

    return admitted


def _choose(sites: Sites, token: Token) -> Site:
    """The one site a token can be for. What it says of itself is not yet believed."""
    listing = [site for site in sites.by_issuer.get(token.iss, ()) if site.lists(token.jku)]
    sub, tenant = token.claims.get("sub"), token.claims.get("tenant")
    found = [site for site in listing if site.fits(sub, tenant)] or listing[:1]
    if len(found) != 1:
        raise NotAuthenticated(
            "untrusted",
            "Expected an iss and jku that this service has on its list; its operators add them.",
        )
    return found[0]


def _check_header(token: Token, site: Site) -> None:
    if token.alg not in site.trust.algorithms:
        raise NotAuthenticated(
            "algorithm", "Expected an algorithm that was agreed on, such as ES384 or RS384."
        )
    kind = token.header.get("typ")
    absent = kind is None and site.trust.typ_optional
    # RFC 7515 section 4.1.9: a media type, so case does not matter and "application/" may go
    if not absent and str(kind).lower().removeprefix("application/") != "jwt":
        raise NotAuthenticated("malformed", "Expected typ JWT in the token's header.")
