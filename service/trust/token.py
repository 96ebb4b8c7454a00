"""A client's JWT as it arrives: its shape, read strictly, before anything in it is believed.

Standard: CDS Hooks 3.0.0-ballot, "Trusting CDS Clients"; RFC 7515 section 7.1; RFC 7519 section 4.
What is read here is unsigned as yet: it serves to find the key, and to refuse early.
"""

import json
import re
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from hooks.errors import NotAuthenticated

Json = dict[str, Any]

# Epic's longest is about 1.5 kB. Every byte more is work a stranger could make us do.
_LONGEST_TOKEN: Final = 8192
_LONGEST_TEXT: Final = 2048
_MOST_NESTING: Final = 100  # brackets in all; a reader of JSON recurses for each
_BEARER: Final = re.compile(r"bearer +([\w-]+\.[\w-]+\.[\w-]+)", re.ASCII | re.IGNORECASE)
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Token:
    """An unverified token.

    Attributes:
        compact: the token as sent, for the signature to be checked over.
        header: the JOSE header.
        claims: the payload.
        alg: the algorithm it claims to be signed with.
        kid: the key it claims to be signed with.
        jku: where its sender says that key is; None when it doesn't say.
        iss: who it claims to be from.
    """

    compact: str
    header: Json
    claims: Json
    alg: str
    kid: str
    jku: str | None
    iss: str


def read_token(authorization: list[str]) -> Token:
    """The token of a request.

    Args:
        authorization: the values of all its Authorization headers.

    Raises:
        NotAuthenticated: there is none, or it is not of the shape the standard gives it.
    """
    compact = _compact(authorization)
    head, payload, _ = compact.split(".")
    header, claims = _json(head, "header"), _json(payload, "payload")
    _refuse_extensions(header)
    return Token(
        compact=compact,
        header=header,
        claims=claims,
        alg=text(header, "alg", "header"),
        kid=text(header, "kid", "header"),
        jku=text(header, "jku", "header") if "jku" in header else None,
        iss=text(claims, "iss"),
    )


def text(members: Json, name: str, part: str = "payload") -> str:
    """A member that must be a printable string, neither empty nor overlong.

    Raises:
        NotAuthenticated: it is not.
    """
    value = members.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_TEXT:
        raise NotAuthenticated("malformed", f"Expected {name} in the token's {part} as a string.")
    if _UNPRINTABLE.search(value):
        raise NotAuthenticated("malformed", f"Expected printable characters in {name}.")
    return value


def _compact(authorization: list[str]) -> str:
    """What stands after Bearer in the one header there is."""
    if not authorization:
        raise NotAuthenticated(
            "missing", "Expected the header Authorization: Bearer, followed by a signed JWT."
        )
    if len(authorization) > 1:
        raise NotAuthenticated("malformed", "Expected one Authorization header.")
    if len(authorization[0]) > _LONGEST_TOKEN:
        raise NotAuthenticated("malformed", f"Expected at most {_LONGEST_TOKEN} characters.")
    if not (match := _BEARER.fullmatch(authorization[0])):
        raise NotAuthenticated(
            "malformed",
            "Expected Bearer and a signed JWT: three parts in base64url, joined by full stops.",
        )
    return match[1]


def _refuse_extensions(header: Json) -> None:
    """Refuse what changes how a token is to be read.

    Keys and certificates that a token brings along (jwk, x5c, x5u) are not refused: they are
    never looked at.
    """
    for name in ("crit", "b64", "enc", "zip"):
        if name in header:
            raise NotAuthenticated("malformed", f"Expected no {name} in the token's header.")


def _json(segment: str, part: str) -> Json:
    """A segment's JSON object; anything two readers could read differently is refused."""
    try:
        raw = urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
        nesting = raw.count(b"[") + raw.count(b"{")
        value = _DECODER.decode(raw.decode()) if nesting <= _MOST_NESTING else None
    except (ValueError, RecursionError):  # ValueError: not base64, not UTF-8, not JSON
        value = None
    if not isinstance(value, dict):
        raise NotAuthenticated(
            "malformed", f"Expected the token's {part} as a JSON object, each member once."
        )
    return value


def _no_duplicates(pairs: list[tuple[str, Any]]) -> Json:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError
    return members


def _no_constant(_: str) -> NoReturn:
    """Refuse NaN and Infinity, which are no JSON."""
    raise ValueError


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
