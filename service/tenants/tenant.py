"""What can be set for one site: whom it trusts, what it gets, and how much of it.

One tenant is one organisation that calls us: usually one EHR installation. `docs/tenants.md` shows
each key at work; the names here are the keys of the configuration file.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, Field, StringConstraints

from prefetch.systems import OIDS, canonical
from rules._action_profile import ActionProfile
from service.tenants.fhir import Fhir
from service.tenants.part import Name, Part, Text, Url
from service.trust.public_keys import ALGORITHMS

ActionType = Literal["create", "update", "delete"]
Switch = Literal["on", "off", "shadow"]


def _algorithm(name: str) -> str:
    if name not in ALGORITHMS:
        raise ValueError(f"use asymmetric algorithms: {', '.join(ALGORITHMS)}")
    return name


def _code_system(url: str) -> str:
    if url not in OIDS:
        raise ValueError(f"use one of {', '.join(OIDS)}")
    return url


def _local(name: str) -> str:
    if not name.removeprefix("urn:oid:").strip("/"):
        raise ValueError("write the whole name")
    return name


def _names(names: dict[str, str]) -> dict[str, str]:
    for name, url in names.items():
        if canonical(name) in OIDS and canonical(name) != url:
            raise ValueError(f"{name} is known to be another code system; take it out")
    return names


def _once(tables: tuple[Fhir, ...]) -> tuple[Fhir, ...]:
    if len({each.base.rstrip("/") for each in tables}) < len(tables):
        raise ValueError("write each base once")
    return tables


Algorithm = Annotated[str, AfterValidator(_algorithm)]
# printable, and without what JSON would have to escape
LocalName = Annotated[
    str, StringConstraints(pattern=r"^[!#-\[\]-~]{1,256}$"), AfterValidator(_local)
]
CodeSystem = Annotated[str, AfterValidator(_code_system)]


class Trust(Part):
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


class Budget(Part):
    """How much one tenant may call before it is answered 429."""

    per_minute: int = Field(6000, gt=0, le=600_000, description="Most calls in any 60 seconds.")
    concurrency: int = Field(64, gt=0, le=10_000, description="Most calls under way at once.")


class Actions(Part):
    """What the EHR makes of a card's suggestions. One that it would not carry out whole is told."""

    types: tuple[ActionType, ...] = Field(
        get_args(ActionType), description="Types of action that are carried out."
    )
    one_per_suggestion: bool = Field(
        False, description="Whether only one action of a suggestion is carried out."
    )
    at_most_one: bool = Field(
        True, description="Whether users are kept to one suggestion of a card."
    )
    oid_systems: bool = Field(
        False, description="Whether code systems in actions must be written as OIDs."
    )

    def profile(self, code_systems: Mapping[str, str]) -> ActionProfile:
        """The same, as rules' cards want it; `code_systems` are the site's own names."""
        own = {url: name for name, url in code_systems.items() if name.startswith("urn:oid:")}
        return ActionProfile(
            types=frozenset(self.types),
            one_per_suggestion=self.one_per_suggestion,
            at_most_one=self.at_most_one,
            systems={**OIDS, **own} if self.oid_systems else {},
        )


class Tenant(Part):
    """One site."""

    preset: Name | None = Field(
        None, description="Starting point for a vendor; what the site sets itself wins."
    )
    name: str = Field("", description="The organisation's name, for people.")
    trust: Trust = Field(description="Whose tokens are taken as this tenant's.")
    fhir: Annotated[tuple[Fhir, ...], AfterValidator(_once)] = Field(
        (), description="FHIR servers that may be read for it."
    )
    services: dict[Name, Switch] = Field(
        default_factory=dict,
        description="Services on, off (not offered) or shadow (evaluated, not shown); default on.",
    )
    rules: dict[Name, Switch] = Field(
        default_factory=dict,
        description="Rules on, off or shadow, by id; by default as the rule itself has it.",
    )
    urgency: dict[str, dict[str, str]] = Field(
        default_factory=dict,
        description="Changed cells of the policy of how urgent an allergy conflict is.",
    )
    thresholds: dict[Name, dict[str, float]] = Field(
        default_factory=dict,
        description="Numbers that rules decide by, under the rule's id and the number's name.",
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
    prefetch: dict[Name, str] = Field(
        default_factory=dict,
        description="Templates by prefetch key, asked and advertised in place of ours.",
    )
    when_unchecked: Literal["412", "card"] = Field(
        "412", description="The answer when no check could be made: 412, or 200 with a card."
    )
    actions: Actions = Field(default_factory=Actions, description="What the EHR makes of cards.")
    code_systems: Annotated[dict[LocalName, CodeSystem], AfterValidator(_names)] = Field(
        default_factory=dict, description="Its names for code systems, each with the one meant."
    )


class Configuration(Part):
    """The whole file."""

    tenants: dict[Name, Tenant] = Field(
        min_length=1, description="The sites, each under an id of the operator's choice."
    )
