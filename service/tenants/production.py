"""What production refuses to start with: each a line that says what to set."""

from collections.abc import Iterator
from multiprocessing import parent_process
from urllib.parse import urlsplit

from hooks.errors import ConfigurationError
from service.settings import Settings, variable_of
from service.tenants.sites import Site, Sites

# Anybody can sign as the public sandbox: its private key is in its public repository.
_SANDBOX = "sandbox.cds-hooks.org"
_KEY = 32  # characters that the audit key has at least


def refuse_insecure(settings: Settings, sites: Sites | None) -> None:
    """Refuse combinations that would open patient data to strangers.

    Plain http in a tenant's URLs, and keys whose private half is published, are refused where
    the configuration is read.

    Raises:
        ConfigurationError: one line for each.
    """
    lines = list(_mixed(settings))
    if not settings.development:
        lines += _open(settings)
        lines += _forgetful(settings)
        lines += [line for site in (sites.by_id.values() if sites else ()) for line in _trial(site)]
    if lines:
        raise ConfigurationError("\n".join(lines))


def _mixed(settings: Settings) -> Iterator[str]:
    if settings.config and settings.fhir_servers:
        yield (
            f"{variable_of('fhir_servers')}: unset it; with tenants, each tenant's fhir says which "
            "servers may be read for it"
        )


def _open(settings: Settings) -> Iterator[str]:
    if not settings.config:
        yield f"{variable_of('config')}: set it to a file with tenants; see docs/tenants.md"
    if not settings.public_url.startswith("https://"):
        yield (
            f"{variable_of('public_url')}: set it to the https URL that EHRs call; whatever ends "
            "TLS there stands in front of this service"
        )
    if len(settings.audit_key) < _KEY:
        yield (
            f"{variable_of('audit_key')}: set it to a secret of {_KEY} characters or more, such as "
            "`openssl rand -hex 32` prints, and keep it: docs/record.md says what for"
        )
    if "*" in settings.origins:
        yield f"{variable_of('cors_origins')}: name the browser origins that may call, or none"
    for server in sorted(settings.fhir_servers):
        if not server.startswith("https://"):
            yield f"{variable_of('fhir_servers')}: write https URLs only"


def _forgetful(settings: Settings) -> Iterator[str]:
    """Several processes that each remember for themselves would let a token in once at each."""
    several = settings.workers > 1 or parent_process()  # as `uvicorn --workers` starts them
    if several and not settings.redis:
        yield (
            f"{variable_of('redis')}: set it to a Redis or Valkey; with several workers, a token "
            "could be used once at each"
        )


def _trial(site: Site) -> Iterator[str]:
    trust = site.trust
    if any(urlsplit(url).hostname == _SANDBOX for url in (*trust.issuers, *trust.jku)):
        yield (
            f"tenants.{site.id}.trust: take out the public sandbox, as which anybody can sign; it "
            "is for development only"
        )
