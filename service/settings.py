"""The one reader of the environment: every setting, typed, with a sentence on each."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from hooks.errors import ConfigurationError
from prefetch.origins import AllowedServers

PREFIX = "CARDWISE_"


def _text(value: object) -> object:
    """A path as text: a database is named by either a path or a URL."""
    return str(value) if isinstance(value, Path) else value


def _listed(value: object) -> object:
    """A comma-separated list, as the environment has it."""
    return (
        [part.strip() for part in value.split(",") if part.strip()]
        if isinstance(value, str)
        else value
    )


class Settings(BaseModel):
    """What can be set: `host` and `port` by HOST and PORT, the rest by CARDWISE_ and the name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    mode: Literal["development", "production"] = Field(
        "development", description="development opens the demo EHR and loopback FHIR servers."
    )
    public_url: str = Field("", description="The service's own URL as EHRs and browsers see it.")
    database: Annotated[str, BeforeValidator(_text)] = Field(
        "data/cardwise.sqlite",
        min_length=1,
        repr=False,
        description="SQLite file, or URL of a PostgreSQL database, for audit trail and feedback.",
    )
    audit_key: str = Field(
        "",
        repr=False,
        description="Secret of 32 characters or more: hashes patients and users, seals rows.",
    )
    audit_wait: bool = Field(
        False, description="Whether a call is answered only once its audit row is on disk."
    )
    retention_days: float | None = Field(
        None, gt=0, description="Days after which what is kept is taken out; by default never."
    )
    fhir_servers: Annotated[frozenset[str], BeforeValidator(_listed)] = Field(
        frozenset(), description="FHIR base URLs that may be read, separated by commas; https."
    )
    config: Path | None = Field(
        None, description="TOML file with the tenants (docs/tenants.md); without it, no tokens."
    )
    open_discovery: bool = Field(
        False, description="Whether discovery is answered without a token when tenants are set."
    )
    cors_origins: Annotated[frozenset[str] | None, BeforeValidator(_listed)] = Field(
        None,
        description="Browser origins that may call, separated by commas; * is any. By default "
        "any in development, none in production.",
    )
    deadline: float = Field(
        2.0, gt=0, le=30, description="Seconds within which every call is answered."
    )
    cache_seconds: float = Field(
        0.0, ge=0, le=60, description="Seconds for which FHIR answers are kept per token; 0 is off."
    )
    max_body: int = Field(
        8 * 1024 * 1024, gt=0, description="Largest request body in bytes; more is answered 413."
    )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings.

        Raises:
            ConfigurationError: naming each variable that cannot be used, and why.
        """
        values = {
            name: environment[variable]
            for name in cls.model_fields
            if environment.get(variable := variable_of(name))
        }
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            faults = error.errors(include_input=False, include_url=False)
            told = [f"{variable_of(str(fault['loc'][0]))}: {fault['msg']}" for fault in faults]
            raise ConfigurationError("; ".join(told)) from None

    @property
    def development(self) -> bool:
        """Whether the demo EHR is mounted and loopback FHIR servers may be read."""
        return self.mode == "development"

    @property
    def origins(self) -> frozenset[str]:
        """The browser origins that may call."""
        if self.cors_origins is not None:
            return self.cors_origins
        return frozenset({"*"}) if self.development else frozenset()

    @property
    def base_url(self) -> str:
        """The service's own URL, without a trailing slash."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)  # noqa: S104
        return (self.public_url or f"http://{host}:{self.port}").rstrip("/")

    @property
    def servers(self) -> AllowedServers:
        """The FHIR servers that may be read."""
        return AllowedServers(self.fhir_servers, loopback=self.development)


def variable_of(setting: str) -> str:
    """The environment variable of a setting."""
    return setting.upper() if setting in ("host", "port") else PREFIX + setting.upper()
