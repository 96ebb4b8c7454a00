"""The one reader of the environment: every setting, typed, with a sentence on each."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
    model_validator,
)

from hooks.errors import ConfigurationError
from prefetch.origins import AllowedServers
from service.telemetry.logs import Form, Level

PREFIX = "CARDWISE_"
_SHORTEST_TOKEN: Final = 32


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


def _redis(url: SecretStr) -> SecretStr:
    if not url.get_secret_value().startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("write a URL that begins with redis://, rediss:// or unix://")
    return url


def _operator_token(token: SecretStr) -> SecretStr:
    text = token.get_secret_value()
    if len(text) < _SHORTEST_TOKEN or not re.fullmatch(r"[\w~+/.-]+=*", text, re.ASCII):
        raise ValueError(
            f"write at least {_SHORTEST_TOKEN} letters and digits, as `openssl rand -hex 32` does"
        )
    return token


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
    knowledge: Path | None = Field(
        None, description="File of imported releases (docs/knowledge.md); without it, what ships."
    )
    open_discovery: bool = Field(
        False, description="Whether discovery is answered without a token when tenants are set."
    )
    cors_origins: Annotated[frozenset[str] | None, BeforeValidator(_listed)] = Field(
        None,
        description="Browser origins that may call, separated by commas; * is any. By default "
        "any in development, none in production.",
    )
    rules: Annotated[tuple[Path, ...], BeforeValidator(_listed)] = Field(
        (), description="Directories of rules of one's own, separated by commas."
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
    max_elements: int = Field(
        1_000_000, gt=0, description="Most JSON values in a request body; more is answered 413."
    )
    max_items: int = Field(
        1000,
        gt=0,
        description="Most draft orders, selections, prefetch keys or pieces of feedback in a call; "
        "more is answered 413.",
    )
    max_calls: int = Field(
        500, gt=0, description="Most calls under way at once; further ones are answered 503."
    )
    queue_seconds: float = Field(
        0.1,
        gt=0,
        description="Seconds calls may wait their turn before there are too many, answered 503.",
    )
    max_connections: int = Field(1000, gt=0, description="Most open connections.")
    receive_seconds: float = Field(
        10.0, gt=0, description="Seconds for a request's headers to arrive, and for its body."
    )
    idle_seconds: int = Field(75, gt=0, description="Seconds an idle connection is kept open.")
    stop_seconds: int = Field(
        20, gt=0, description="Seconds after SIGTERM in which calls that began may end."
    )

    log_level: Level = Field("INFO", description="Least severe lines that are logged.")
    log_format: Form | None = Field(
        None, description="json or text; by default text in development, json in production."
    )
    traces: Annotated[str, StringConstraints(pattern=r"^(https?://\S+)?$")] = Field(
        "", description="OTLP/HTTP URL that traces are sent to; needs cardwise[otel]."
    )

    redis: Annotated[SecretStr, AfterValidator(_redis)] | None = Field(
        None,
        description="URL of a Redis or Valkey in which processes share used tokens and budgets.",
    )
    redis_down: Literal["refuse", "alone"] = Field(
        "refuse",
        description="While Redis is down: refuse answers 503; alone has each process check for "
        "itself, so that a token could be used once at each.",
    )
    workers: int = Field(1, ge=1, le=64, description="Processes that serve.")
    operator_token: Annotated[SecretStr, AfterValidator(_operator_token)] | None = Field(
        None, description="Token with which operators reload tenants and read metrics."
    )
    operator_token_file: Path | None = Field(
        None, description="File that holds the operators' token, in its place."
    )
    open_metrics: bool = Field(
        False, description="Whether production answers /metrics without the operators' token."
    )
    warm_keys: bool = Field(
        True, description="Whether key sets are read at the start, before a call needs them."
    )

    @model_validator(mode="before")
    @classmethod
    def _token_of_file(cls, values: Any) -> Any:
        """Read the operators' token where a file holds it."""
        file = values.get("operator_token_file") if isinstance(values, dict) else None
        if not file:
            return values
        if values.get("operator_token"):
            told = "unset it, or the one with its file"
            raise ConfigurationError(f"{variable_of('operator_token')}: {told}")
        try:
            return values | {"operator_token": Path(file).read_text("utf-8").strip()}
        except (OSError, ValueError) as error:
            told = getattr(error, "strerror", None) or "not text"
            raise ConfigurationError(
                f"{variable_of('operator_token_file')}: cannot be read ({told})"
            ) from None

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
    def shows_demo(self) -> bool:
        """Whether the demo EHR has its pages; with tenants its calls would lack a token."""
        return self.development and self.config is None

    @property
    def origins(self) -> frozenset[str]:
        """The browser origins that may call."""
        if self.cors_origins is not None:
            return self.cors_origins
        return frozenset({"*"}) if self.development else frozenset()

    @property
    def form(self) -> Form:
        """How the log is written."""
        return self.log_format or ("text" if self.development else "json")

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
