"""Well-signed tokens whose claims, or whose JSON, are not what they should be; each is refused."""

import json
from itertools import product
from typing import Any

import pytest

from tests.attacks import Attack, meet, table
from tests.callers import FEEDBACK, ISSUER, JKU, PUBLIC, SERVICE, Caller, segment, sign
from tests.door import Door

HERE = f"{PUBLIC}{SERVICE}"


def claiming(**claims: Any) -> Any:
    """A token with other claims."""
    return lambda c: c.token(None, **claims)


def later(**offsets: float) -> Any:
    """A token with times relative to now."""
    return lambda c: c.token(None, **{k: c.clock.seconds + v for k, v in offsets.items()})


def payload(change: Any) -> Any:
    """A token over a payload written by hand: `change` makes it of the good one's JSON."""
    return lambda c: sign(c.header(), change(json.dumps(c.claims())))


def member(text: str) -> Any:
    """A token whose payload has one more member, as written."""
    return payload(lambda good: good[:-1] + "," + text + "}")


def header(text: str) -> Any:
    """A token whose header has one more member, as written."""
    return lambda c: sign(json.dumps(c.header())[:-1] + "," + text + "}", c.claims())


def jku(url: str) -> Any:
    """A token that says its keys are elsewhere."""
    return lambda c: c.token({"jku": url})


def without(name: str) -> Any:
    """A token that lacks a claim."""
    return lambda c: sign(c.header(), c.claims(**{name: None}))


HOST = ISSUER.removeprefix("https://")
FOREIGN = [
    ("foreign", "https://evil.test/keys"),
    ("internal", "http://169.254.169.254/latest/meta-data"),
    ("loopback", "http://127.0.0.1:8000/keys"),
    ("a file", "file:///etc/passwd"),
    ("data", "data:application/json,{}"),
    ("plain http", JKU.replace("https", "http")),
    ("userinfo", f"https://{HOST}@evil.test/keys"),
    ("userinfo before the host", f"https://me:x@{HOST}/keys"),
    ("trailing dot", f"https://{HOST}./keys"),
    ("upper case", JKU.upper()),
    ("upper-case host", f"https://{HOST.upper()}/keys"),
    ("default port", f"https://{HOST}:443/keys"),
    ("other port", f"https://{HOST}:8443/keys"),
    ("fragment", f"{JKU}#x"),
    ("query", f"{JKU}?x=1"),
    ("other path", f"{JKU}/../../upload/keys"),
    ("encoded path", f"{ISSUER}/%6beys"),
    ("trailing slash", f"{JKU}/"),
    ("prefix of a host", f"{ISSUER}.evil.test/keys"),
    ("suffix of a host", f"https://evil-{HOST}/keys"),
    ("look-alike letters", JKU.replace("e", "\u0435")),
    ("punycode", "https://xn--hr-mercy-fsb.test/keys"),
    ("a redirector", f"{ISSUER}/redirect?to=https://evil.test/keys"),
    ("backslash", f"https://evil.test\\@{HOST}/keys"),
    ("leading space", f" {JKU}"),
]
ELSEWHERE = [
    ("prefix", f"{HERE}.evil.test"),
    ("longer", f"{HERE}/feedback"),
    ("shorter", f"{PUBLIC}/cds-services"),
    ("the host alone", PUBLIC),
    ("trailing slash", f"{HERE}/"),
    ("case", HERE.upper()),
    ("query", f"{HERE}?x"),
    ("port", HERE.replace(".test", ".test:443")),
    ("plain http", HERE.replace("https", "http")),
    ("another service", f"{PUBLIC}/cds-services/chart-review"),
    ("space", f"{HERE} "),
    ("others", ["https://other.test", "https://third.test"]),
    ("ours among others", [HERE, "https://other.test/cds-services/x"]),
]
WRONG_TYPES: list[tuple[str, Any]] = [
    *product(("iss", "jti"), (1, True, [], {}, ["x"], "")),
    *product(("sub", "tenant"), (1, False, ["x"], {})),
    *product(("exp", "iat", "nbf"), ("1795253500", True, [1], {}, "")),
    *product(("aud",), (1, True, {}, [])),
]
ATTACKS = [
    *(Attack(f"jku {name}", jku(url), "untrusted") for name, url in FOREIGN),
    Attack("jku empty", jku(""), "malformed"),
    Attack("jku with a line break", jku(f"{JKU}\n"), "malformed"),
    Attack("jku a list", lambda c: c.token({"jku": [JKU]}), "malformed"),
    Attack("jku null", lambda c: sign({**c.header(), "jku": None}, c.claims()), "malformed"),
    Attack("iss of nobody", claiming(iss="https://nobody.test"), "untrusted"),
    *(
        Attack(f"iss {name}", claiming(iss=value), "untrusted")
        for name, value in (
            ("trailing slash", f"{ISSUER}/"),
            ("case", ISSUER.upper()),
            ("look-alike", ISSUER.replace("e", "\u0435")),
            ("suffix", f"{ISSUER}.evil.test"),
            ("space", f"{ISSUER} "),
            ("of another tenant", "https://shared.test"),
        )
    ),
    *(Attack(f"aud {n}", claiming(aud=aud), "audience", True) for n, aud in ELSEWHERE),
    Attack("aud of feedback", claiming(aud=f"{PUBLIC}{FEEDBACK}"), "audience", True),
    Attack("aud many", claiming(aud=[HERE] * 1000), "malformed"),
    *(
        Attack(f"{name} {value!r}", claiming(**{name: value}), "malformed", name != "iss")
        for name, value in WRONG_TYPES
    ),
    *(Attack(f"aud {v!r}", claiming(aud=v), "audience", True) for v in ([1], [[HERE]], "")),
    *(
        Attack(
            f"no {n}",
            without(n),
            "malformed",
            n != "iss",
        )
        for n in ("iss", "aud", "exp", "iat", "jti")
    ),
    Attack("expired", later(iat=-400, exp=-100), "expired", True),
    Attack("expired long ago", claiming(iat=1_000, exp=1_200), "expired", True),
    Attack("just expired", later(iat=-200, exp=-30), "expired", True),
    Attack("exp negative", claiming(exp=-1), "malformed", True),
    Attack("exp before iat", later(iat=0, exp=-1), "lifetime", True),
    Attack("exp in milliseconds", later(exp=1795253700000), "lifetime", True),
    Attack("lifetime of a year", later(exp=31_536_000), "lifetime", True),
    Attack("lifetime a second too long", later(exp=301), "lifetime", True),
    Attack("iat in the future", later(iat=31, exp=200), "early", True),
    Attack("nbf in the future", later(nbf=31), "early", True),
    *(
        Attack(f"exp {n}", payload(lambda g, n=n: exp(g, n)), "malformed", fetched)
        for n, fetched in (
            ("NaN", False),
            ("Infinity", False),
            ("-Infinity", False),
            ("1e999", True),
            ("1e30", True),
            ("9" * 400, True),
            ("9" * 5000, False),
            ("0x7fffffff", False),
            ("01", False),
        )
    ),
    Attack("a claim twice", member(f'"iss": "{ISSUER}"'), "malformed"),
    Attack("a claim twice, escaped", member('"\\u0065xp": 99999999999'), "malformed"),
    Attack("a claim twice further in", member('"x": {"a": 1, "a": 2}'), "malformed"),
    Attack("a header twice", header('"alg": "ES384"'), "malformed"),
    Attack("kid twice", header('"kid": "another-kid"'), "malformed"),
    Attack("deep arrays", member(f'"x": {"[" * 2500}{"]" * 2500}'), "malformed"),
    Attack("deep objects", member('"x": ' + '{"a":' * 900 + "1" + "}" * 900), "malformed"),
    Attack("deep header", header(f'"x": {"[" * 2000}{"]" * 2000}'), "malformed"),
    Attack("surrogate in iss", claiming(iss=f"{ISSUER}\ud800"), "malformed"),
    Attack("surrogate in jti", claiming(jti="jti-\udfff-jti"), "malformed", True),
    Attack("control character in jti", claiming(jti="jti-\x1b[2J-jti"), "malformed", True),
    Attack("cut JSON", payload(lambda good: good[:-1]), "malformed"),
    Attack("more after the JSON", payload(lambda good: good + "{}"), "malformed"),
    Attack("a byte-order mark", payload(lambda good: "\ufeff" + good), "malformed"),
    Attack("UTF-16", payload(lambda good: good.encode("utf-16")), "malformed"),
    Attack("not UTF-8", payload(lambda good: good.encode()[:-1] + b',"x":"\xff"}'), "malformed"),
    Attack("an array", payload(lambda good: f"[{good}]"), "malformed"),
    Attack("a string", payload(json.dumps), "malformed"),
    Attack("null", payload(lambda _: "null"), "malformed"),
    Attack("nothing", payload(lambda _: "{}"), "malformed"),
    Attack("no JSON", payload(lambda _: "hello-hello"), "malformed"),
    Attack("empty payload", lambda c: f"{segment(c.header())}..{'A' * 128}", "malformed"),
    Attack("empty header", lambda c: f".{segment(c.claims())}.{'A' * 128}", "malformed"),
    Attack("very long", lambda c: c.token(None, x="long" * 2000), "malformed"),
    Attack("very long kid", lambda c: c.token({"kid": "k" * 2049}), "malformed"),
]


def exp(good: str, number: str) -> str:
    """The payload with this for exp, as written."""
    claims = json.loads(good)
    return good.replace(f'"exp": {claims["exp"]}', f'"exp": {number}')


@table(ATTACKS)
async def test_it_is_refused(
    door: Door, caller: Caller, attack: Attack, caplog: pytest.LogCaptureFixture
) -> None:
    """401 with its reason; only the listed key set is read, and nothing of the token comes back."""
    await meet(door, attack, caller, caplog)
