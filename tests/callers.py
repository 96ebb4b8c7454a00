"""Callers with keys of their own: they sign tokens, rightly or not, and serve their key sets."""

import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.ehr import FHIR_BASE, Json

SERVICE = "/cds-services/order-safety"
FEEDBACK = f"{SERVICE}/feedback"
DISCOVERY = "/cds-services"
PUBLIC = "https://cds.test"
ISSUER = "https://ehr.mercy.test"
JKU = f"{ISSUER}/keys"
KID = "mercy+1/=="
START = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
CONFIG = f"""
[tenants.mercy]
fhir = [{{ base = "{FHIR_BASE}" }}]
[tenants.mercy.trust]
issuers = ["{ISSUER}"]
jku = ["{JKU}"]

[tenants.north.trust]
issuers = ["https://shared.test"]
tenant = "north"
jku = ["https://shared.test/keys"]

[tenants.south.trust]
issuers = ["https://shared.test"]
tenant = "south"
jku = ["https://shared.test/keys"]
"""
_ids = count()


@cache
def ec(curve: str = "P-384", name: str = "mercy") -> ECKey:
    """A private key on a curve, the same for the same name."""
    del name
    return ECKey.generate_key(curve)


@cache
def rsa(bits: int = 2048) -> RSAKey:
    """A private RSA key."""
    return RSAKey.generate_key(bits)


def public(key: ECKey | RSAKey, kid: str = KID, **members: Any) -> Json:
    """The public half as a JWK; a member of None is left out."""
    shown = {**key.as_dict(private=False), "kid": kid, "use": "sig", **members}
    return {name: value for name, value in shown.items() if value is not None}


def key_set(*keys: Json) -> Json:
    """A JWK Set."""
    return {"keys": list(keys)}


@dataclass
class Clock:
    """A clock that moves when it is told to."""

    time: datetime = START

    def __call__(self) -> datetime:
        """The time."""
        return self.time

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self.time += timedelta(seconds=seconds)

    def exact(self) -> float:
        """The time in seconds since 1970."""
        return self.time.timestamp()

    @property
    def seconds(self) -> int:
        """The time as tokens count it."""
        return int(self.time.timestamp())


@dataclass
class KeyServer:
    """Serves key sets on every host, and remembers what was asked."""

    sets: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    @property
    def app(self) -> Starlette:
        """The server, to be reached through a transport."""
        return Starlette(routes=[Route("/{path:path}", self._answer)])

    async def _answer(self, request: Request) -> Response:
        self.asked.append(str(request.url))
        found = self.sets.get(str(request.url))
        if isinstance(found, Response):
            return found
        return JSONResponse(found) if found is not None else Response(status_code=404)


def segment(content: bytes | str | Json) -> str:
    """One part of a token: a dictionary as JSON, anything else as it is."""
    if isinstance(content, dict):
        content = json.dumps(content)
    raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    return urlsafe_b64encode(raw).decode().rstrip("=")


def sign(
    header: bytes | str | Json,
    payload: bytes | str | Json,
    key: Any = None,
    alg: str = "ES384",
) -> str:
    """A token truly signed by `alg` over whatever is in it."""
    signed = f"{segment(header)}.{segment(payload)}"
    signature = jws.JWSRegistry.algorithms[alg].sign(signed.encode(), key or ec())
    return f"{signed}.{segment(signature)}"


@dataclass
class Caller:
    """A client of the tenant `mercy`, and what its tokens hold."""

    clock: Clock
    path: str = SERVICE

    def header(self, **changes: Any) -> Json:
        """A good header, changed; a change of None leaves the member out."""
        return _changed({"alg": "ES384", "typ": "JWT", "kid": KID, "jku": JKU}, changes)

    def claims(self, **changes: Any) -> Json:
        """Good claims for the path, changed; a change of None leaves the claim out."""
        now = self.clock.seconds
        good = {
            "iss": ISSUER,
            "aud": f"{PUBLIC}{self.path}",
            "exp": now + 300,
            "iat": now,
            "jti": f"token-number-{next(_ids)}",
        }
        return _changed(good, changes)

    def token(self, header: Json | None = None, **claims: Any) -> str:
        """A good token, changed, and signed with the key of `mercy`."""
        return sign(self.header(**(header or {})), self.claims(**claims))

    def bearer(self, header: Json | None = None, **claims: Any) -> dict[str, str]:
        """The Authorization header with a token."""
        return {"Authorization": f"Bearer {self.token(header, **claims)}"}


def _changed(members: Json, changes: Json) -> Json:
    return {name: value for name, value in (members | changes).items() if value is not None}
