"""Public keys for checking signatures: which are taken, and which algorithms fit them.

Standard: RFC 7517 (JWK), RFC 7518 sections 3 and 6 (which key serves which algorithm).
"""

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

_CURVES: Final = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
_RSA: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
# Asymmetric, all of them: "none" and HMAC are not offered, whatever is configured.
ALGORITHMS: Final = (*_CURVES, *_RSA)
_SMALLEST_RSA: Final = 2048  # bits; NIST SP 800-131A rev. 2
_LARGEST_RSA: Final = 8192  # more would let a key set slow every check down
_MOST_KEYS: Final = 100
# Keys whose private half anybody can read, by RFC 7638 thumbprint.
_PUBLISHED: Final = frozenset(
    {
        # the public CDS Hooks sandbox; github.com/cds-hooks/sandbox, keys/
        "s9fOe-KDYD1myZ8YCzleUqJQgrYZL49kVijBxhnZvZc",
        # the example in the standard, "Trusting CDS Clients"
        "-UtOymI2Z0XB5SZogEZu3s5oMyQ4YaewHtR9huroTQs",
    }
)


class _Registry(jws.JWSRegistry):
    """Room for the headers EHRs send: Epic's jku and kid alone are longer than the default."""

    max_header_length = 8192


# Headers we do not know are no reason to refuse; those that change the reading already were.
_REGISTRIES: Final = {
    alg: _Registry(algorithms=[alg], strict_check_header=False) for alg in ALGORITHMS
}


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that signatures may be checked with, and the algorithms it may be used for."""

    kid: str
    key: ECKey | RSAKey
    algorithms: frozenset[str]

    def signed(self, compact: str, alg: str) -> bool:
        """Whether this key's private half signed the token, by this algorithm."""
        if alg not in self.algorithms:
            return False
        try:
            jws.deserialize_compact(compact, self.key, registry=_REGISTRIES[alg])
        except (JoseError, ValueError, TypeError):
            return False
        return True


def read_keys(key_set: object, *, published: bool) -> tuple[PublicKey, ...]:
    """The usable keys of a JWK Set; the others are passed over, as RFC 7517 section 5 has it.

    Args:
        key_set: the set as JSON.
        published: whether keys are taken whose private half is published (development only).

    Raises:
        ValueError: it is no JWK Set.
    """
    members = key_set.get("keys") if isinstance(key_set, dict) else None
    if not isinstance(members, list):
        raise ValueError("no JWK Set")  # noqa: TRY004 - as other faults of the file are
    return tuple(_usable(members[:_MOST_KEYS], published=published))


def _usable(members: Iterable[Any], *, published: bool) -> Iterable[PublicKey]:
    for member in members:
        key = _read(member)
        if key is not None and (published or key.key.thumbprint() not in _PUBLISHED):
            yield key


def _read(member: Any) -> PublicKey | None:
    """One key; None when it is not for checking signatures, too weak, or not to be trusted."""
    if not isinstance(member, dict) or not isinstance(kid := member.get("kid"), str):
        return None
    operations = member.get("key_ops", ["verify"])
    meant = member.get("use", "sig") == "sig" and isinstance(operations, list)
    # a set that shows private halves ("d") has given its keys away
    if not meant or "verify" not in operations or "d" in member:
        return None
    try:
        key, algorithms = _import(member)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    fitting = algorithms & {member.get("alg", alg) for alg in algorithms}
    return PublicKey(kid, key, frozenset(fitting)) if fitting else None


def _import(member: dict[str, Any]) -> tuple[ECKey | RSAKey, set[str]]:
    if member.get("kty") == "EC":
        wanted = {alg for alg, curve in _CURVES.items() if curve == member.get("crv")}
        return ECKey.import_key(member), wanted
    if member.get("kty") == "RSA":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a weak key is refused below, not warned about
            key = RSAKey.import_key(member)
        fits = _SMALLEST_RSA <= key.public_key.key_size <= _LARGEST_RSA
        return key, set(_RSA) if fits else set()
    raise ValueError
