"""Reading a token: whatever comes, it is a token of the right shape or a refusal."""

import contextlib

from hypothesis import example, given
from hypothesis import strategies as st

from hooks.errors import NotAuthenticated
from service.tenants.sites import Site, SiteCatalog
from service.tenants.tenant import Tenant, Trust
from service.trust.claims import check_claims
from service.trust.token import read_token
from tests.callers import ISSUER, JKU, segment
from tests.strategies import as_json, json_values, quick

TRUST = Trust(issuers=(ISSUER,), jku=(JKU,), subjects=("s",), tenant="t")
TENANT = Tenant(trust=TRUST)


@quick
@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
@example("Bearer ..")
@example("Bearer a.b.c")
@example("Bearer e30.e30.")
def test_any_header_is_refused_or_read(value: str) -> None:
    """No header makes the reader fail in another way than by refusing."""
    with contextlib.suppress(NotAuthenticated):
        read_token([value])


@quick
@given(json_values(), json_values())
def test_any_json_is_refused_or_read(header: object, payload: object) -> None:
    """Nor does any JSON in a token's parts."""
    value = f"Bearer {segment(as_json(header))}.{segment(as_json(payload))}.AAAA"
    with contextlib.suppress(NotAuthenticated):
        read_token([value])


@quick
@given(
    st.dictionaries(st.sampled_from(["aud", "exp", "iat", "nbf", "sub", "tenant"]), json_values())
)
def test_any_claims_are_refused(claims: dict[str, object]) -> None:
    """Whatever types claims have, those without the right ones are refused, and nothing breaks."""
    header = segment({"alg": "ES384", "typ": "JWT", "kid": "k"})
    payload = segment(as_json(claims | {"iss": ISSUER}))
    site = Site("a", TENANT, SiteCatalog([], TENANT), None, 1.0)  # type: ignore[arg-type]
    try:
        token = read_token([f"Bearer {header}.{payload}.AAAA"])
        check_claims(token, site, {"https://here.test"}, 1795253400.0)
    except NotAuthenticated:
        return
    raise AssertionError
