"""What can be switched at a desk: which data is sent along, and how the FHIR server behaves."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from service.demo import vendors
from service.demo.front import PATHS, Behaviour

Prefetch = Literal["all", "none", "some"]
Server = Literal["working", "slow", "failing", "lost", "expired", "unoffered"]

PREFETCH: Final[dict[Prefetch, str]] = {
    "all": "All that the service asks for",
    "some": "Only the keys ticked here",
    "none": "Nothing",
}
SERVERS: Final[dict[Server, str]] = {
    "working": "Works",
    "slow": "Is slow: three seconds for every answer",
    "failing": "Fails: every answer is an error",
    "expired": "Refuses: the token has expired",
    "unoffered": "Is not offered: no address, no token",
    "lost": "Loses its answers to writes, after writing",
}


@dataclass(frozen=True, slots=True)
class Switches:
    """How a desk is set.

    Attributes:
        prefetch: which data the EHR sends along.
        keys: of "some", the keys that are sent.
        server: how the FHIR server behaves.
        vendor: whose habits the EHR has.
    """

    prefetch: Prefetch = "all"
    keys: frozenset[str] = frozenset()
    server: Server = "working"
    vendor: str = vendors.STANDARD

    @property
    def path(self) -> str:
        """Where the FHIR server is that behaves so."""
        return PATHS[self.behaviour]

    @property
    def behaviour(self) -> Behaviour:
        """How the server itself behaves; the rest is a matter of what the service is given."""
        return self.server if self.server in ("slow", "failing", "lost") else "working"


def read(form: Mapping[str, list[str]]) -> Switches:
    """The switches as a form has them; what is not among the choices stays at its default."""
    default = Switches()
    prefetch = _one(form, "prefetch", get_args(Prefetch), default.prefetch)
    server = _one(form, "server", get_args(Server), default.server)
    vendor = _one(form, "vendor", tuple(vendors.names()), default.vendor)
    keys = frozenset(key[:64] for key in form.get("key", [])[:32])
    return Switches(prefetch, keys, server, vendor)  # type: ignore[arg-type]  # checked by _one


def _one(form: Mapping[str, list[str]], name: str, choices: tuple[str, ...], otherwise: str) -> str:
    chosen = form.get(name, [""])[0]
    return chosen if chosen in choices else otherwise
