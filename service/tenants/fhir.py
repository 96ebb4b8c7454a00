"""A tenant's FHIR servers: which may be read, and what they demand of every read."""

from collections.abc import Iterable
from typing import Annotated, Final

from pydantic import AfterValidator, Field, StringConstraints

from prefetch.extras import Extras
from prefetch.origins import AllowedServers
from service.tenants.part import Part, Url

# What a read is made of here: the token and its origin, how it is packed, where it goes.
_OURS: Final = frozenset(
    {
        "accept",
        "accept-encoding",
        "authorization",
        "connection",
        "content-length",
        "content-type",
        "cookie",
        "host",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
# Whose record is read is for the call alone to say.
_WHOSE: Final = frozenset({"patient", "subject", "_id"})


def _header(name: str) -> str:
    if name.lower() in _OURS:
        raise ValueError("this header is not for the configuration to set")
    return name.lower()


def _parameter(name: str) -> str:
    if name.partition(":")[0].partition(".")[0] in _WHOSE:
        raise ValueError("whose data is read is not for the configuration to set")
    return name


# RFC 9110, 5.1 and 5.5, without what is obsolete there
_HeaderName = Annotated[
    str, StringConstraints(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$"), AfterValidator(_header)
]
_HeaderValue = Annotated[str, StringConstraints(pattern=r"^[!-~](?:[ -~]{0,4094}[!-~])?$")]
_ParameterName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_.:-]{0,63}$"), AfterValidator(_parameter)
]
_ParameterValue = Annotated[str, StringConstraints(pattern=r"^[!-~](?:[ -~]{0,1022}[!-~])?$")]


class Fhir(Part):
    """One FHIR server of a tenant."""

    base: Url = Field(description="Base URL, as calls have it in fhirServer.")
    headers: dict[_HeaderName, _HeaderValue] = Field(
        default_factory=dict, description="Headers that every read of it carries, and no other."
    )
    query: dict[_ParameterName, _ParameterValue] = Field(
        default_factory=dict, description="Parameters that every read of it carries."
    )

    @property
    def extras(self) -> Extras:
        """What every read of it carries beside the token."""
        return Extras(tuple(self.headers.items()), tuple(self.query.items()))


def servers(tables: Iterable[Fhir], *, loopback: bool) -> AllowedServers:
    """The FHIR servers that may be read for a tenant."""
    tables = tuple(tables)
    return AllowedServers(
        frozenset(each.base for each in tables),
        loopback=loopback,
        extras=tuple((e.base, e.extras) for e in tables if e.headers or e.query),
    )
