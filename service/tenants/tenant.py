"""What can be set for one site: whom it trusts, what it gets, and how much of it.

One tenant is one organisation that calls us: usually one EHR installation. `docs/tenants.md` shows
each key at work; the names here are the keys of the configuration file.
"""

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from prefetch.origins import origin
from service.trust.public_keys import ALGORITHMS

Switch = Literal["on", "off", "shadow"]


def _algorithm(name: str) -> str:
    if name not in ALGORITHMS:
        raise ValueError(f"use asymmetric algorithms: {', '.join(ALGORITHMS)}")
    return name


def _url(url: str) -> str:
    """A URL that reads the same to everybody: no user part, no query, no fragment."""
    parts = urlsplit(url)
    if origin(url) is None or parts.scheme not in ("https", "http"):
        raise ValueError("write an absolute URL that begins with https://")
    if parts.query or parts.fragment or not url.isascii() or parts.netloc != parts.netloc.lower():
        raise ValueError("write the URL in lower-case ASCII, without query and fragment")
    return url


Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Url = Annotated[str, AfterValidator(_url)]
Algorithm = Annotated[str, AfterValidator(_algorithm)]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Trust(_Part):
    """Whose tokens are taken as this tenant's, and which of them.

    Standard: CDS Hooks 3.0.0-ballot, "Trusting CDS Clients".
    """

    issuers: tuple[Text, ...] = Field(
        min_length=1, description="Values of iss that are this tenant's, compared exactly."
    )
    jku: tuple[Url, ...] = Field(
        (), description="URLs that its keys may be fetched from, compared exactly."
    )
    jwks_file: Text | None = Field(
        None,
        description="A file with its keys, found from the configuration file; nothing is fetched.",
    )
    jwks: dict[str, Any] | None = Field(
        None, description="Its keys as a JWK Set, written here; nothing is fetched."
    )
    algorithms: tuple[Algorithm, ...] = Field(
        ("ES384", "RS384"), min_length=1, description="Algorithms it may sign with."
    )
    base_urls: tuple[Url, ...] = Field(
        (), description="Other URLs it calls this service by, such as a proxy's, for aud."
    )
    audience: tuple[Text, ...] = Field(
        (), description="Values of aud taken at every address: what somebody typed in by hand."
    )
    subjects: tuple[Text, ...] = Field(
        (), description="Values of sub, one of which a token must have; empty asks for none."
    )
    tenant: Text | None = Field(
        None, description="The value of the tenant claim that a token must have."
    )
    typ_optional: bool = Field(False, description="Whether a token may come without typ.")
    max_lifetime: int = Field(
        300, gt=0, le=3600, description="Longest time in seconds from a token's iat to its exp."
    )
    leeway: int = Field(
        30, ge=0, le=300, description="Seconds by which its clock may differ from ours."
    )


class Fhir(_Part):
    """One FHIR server of a tenant."""

    base: Url = Field(description="Base URL, as calls have it in fhirServer.")
    headers: dict[str, str] = Field(
        default_factory=dict, description="Headers that every read needs; not sent yet."
    )
    query: dict[str, str] = Field(
        default_factory=dict, description="Parameters that every read needs; not sent yet."
    )


class Budget(_Part):
    """How much one tenant may call before it is answered 429."""

    per_minute: int = Field(6000, gt=0, le=600_000, description="Most calls in any 60 seconds.")
    concurrency: int = Field(64, gt=0, le=10_000, description="Most calls under way at once.")


class Actions(_Part):
    """What the EHR makes of a suggestion's actions; carried as data until rules ask for it."""

    profile: Text = Field("standard", description="A name for how this EHR treats actions.")
    one_per_suggestion: bool = Field(
        False, description="Whether only one action of a suggestion is carried out."
    )
    types: tuple[Literal["create", "update", "delete"], ...] = Field(
        ("create", "update", "delete"), description="Types of action that are carried out."
    )
    oid_systems: bool = Field(
        False, description="Whether code systems in actions must be written as OIDs."
    )


class Tenant(_Part):
    """One site."""

    preset: Name | None = Field(
        None, description="Starting point for a vendor; what the site sets itself wins."
    )
    name: str = Field("", description="The organisation's name, for people.")
    trust: Trust = Field(description="Whose tokens are taken as this tenant's.")
    fhir: tuple[Fhir, ...] = Field((), description="FHIR servers that may be read for it.")
    services: dict[Name, Switch] = Field(
        default_factory=dict,
        description="Services on, off (not offered) or shadow (evaluated, not shown); default on.",
    )
    rules: dict[Name, Switch] = Field(
        default_factory=dict,
        description="Rules on, off or shadow, by id; by default as the rule itself has it.",
    )
    thresholds: dict[str, Any] = Field(
        default_factory=dict, description="Numbers for rules by name; carried, not read yet."
    )
    deadline: float | None = Field(
        None, gt=0, le=30, description="Seconds within which its calls are answered."
    )
    budget: Budget = Field(
        default_factory=Budget, description="How much it may call before it is answered 429."
    )
    audit_ids: bool = Field(
        False, description="Whether the audit trail names patients and users by id, not by hash."
    )
    actions: Actions = Field(
        default_factory=Actions, description="What the EHR makes of suggestions; not read yet."
    )
    code_systems: dict[str, str] = Field(
        default_factory=dict, description="Its names for code systems to ours; not read yet."
    )


class Configuration(_Part):
    """The whole file."""

    tenants: dict[Name, Tenant] = Field(
        min_length=1, description="The sites, each under an id of the operator's choice."
    )
