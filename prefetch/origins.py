"""Which FHIR servers may be read, and which URLs belong to the same server.

The delegated token goes only to the origin (scheme, host, port) of an allowed `fhirServer`. An
explicit default port is the same origin: MEDITECH writes `:443` into its next links.
"""

import ipaddress
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import urljoin, urlsplit

from prefetch.extras import NO_EXTRAS, Extras

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class Origin(NamedTuple):
    """Scheme, host and port of a URL."""

    scheme: str
    host: str
    port: int


def origin(url: str) -> Origin | None:
    """The origin of an absolute http(s) URL; None for any other, and for one with a user part."""
    try:
        parts = urlsplit(url)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    if port is None or not parts.hostname or parts.username is not None:
        return None
    return Origin(parts.scheme, parts.hostname.rstrip(".").lower(), port)


def is_loopback(url: str) -> bool:
    """Whether the URL's host is this machine, by name or address."""
    found = origin(url)
    if found is None:
        return False
    if found.host == "localhost":
        return True
    try:
        return ipaddress.ip_address(found.host).is_loopback
    except ValueError:
        return False


def same_origin(base: str, link: str) -> str | None:
    """The absolute form of a link found in an answer of `base`; None when it leads elsewhere."""
    try:
        absolute = urljoin(base.rstrip("/") + "/", link)
    except ValueError:
        return None
    return absolute if origin(absolute) == origin(base) is not None else None


@dataclass(frozen=True, slots=True)
class AllowedServers:
    """The FHIR servers that may be read.

    Attributes:
        bases: base URLs of allowed servers.
        loopback: whether servers on this machine are allowed too, even by plain http.
        extras: base URLs of those that demand more than the token, and what.
    """

    bases: frozenset[str] = frozenset()
    loopback: bool = False
    extras: tuple[tuple[str, Extras], ...] = ()

    def allows(self, fhir_server: str) -> bool:
        """Whether this base URL may be read: listed and https, or loopback where allowed."""
        return _allows(self, fhir_server)

    def extras_of(self, fhir_server: str) -> Extras:
        """What every read of this base URL carries beside the token."""
        return _extras_of(self, fhir_server) if self.extras else NO_EXTRAS


@lru_cache(maxsize=1024)
def _allows(servers: AllowedServers, fhir_server: str) -> bool:
    found = origin(fhir_server)
    if found is None:
        return False
    if servers.loopback and is_loopback(fhir_server):
        return True
    listed = {_place(base) for base in servers.bases}
    return found.scheme == "https" and _place(fhir_server) in listed


@lru_cache(maxsize=1024)
def _extras_of(servers: AllowedServers, fhir_server: str) -> Extras:
    place = _place(fhir_server)
    return next((more for base, more in servers.extras if _place(base) == place), NO_EXTRAS)


def _place(base: str) -> tuple[Origin | None, str]:
    """What two spellings of one base URL share: the default port and a last slash do not count."""
    parts = urlsplit(base)
    query = f"?{parts.query}#{parts.fragment}" if parts.query or parts.fragment else ""
    return origin(base), parts.path.rstrip("/") + query
