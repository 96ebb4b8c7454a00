"""Reads the configuration file; whatever is wrong is told by file, key and remedy."""

import json
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any, NoReturn

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from hooks.errors import ConfigurationError
from prefetch.aliases import Aliases
from prefetch.origins import is_loopback
from rules._knowledge import Knowledge
from rules._rule import Rule
from service.settings import Settings
from service.tenants import presets
from service.tenants.fhir import servers
from service.tenants.keys import sentence, siblings
from service.tenants.sites import Site, SiteCatalog, Sites
from service.tenants.tenant import Configuration, Tenant, Trust
from service.trust.public_keys import PublicKey, read_keys


def load_sites(
    path: Path, settings: Settings, rules: Sequence[Rule], know: Knowledge | None = None
) -> Sites:
    """The sites of a configuration file.

    Args:
        path: the file.
        settings: what was set for the whole process.
        rules: every rule there is.
        know: the drug knowledge; what ships, if none is given.

    Raises:
        ConfigurationError: one line for each thing that is wrong.
    """
    try:
        configuration = Configuration.model_validate(_with_presets(_read(path)))
    except ValidationError as error:
        raise ConfigurationError("\n".join(_lines(path, error))) from None
    sites: dict[str, Site] = {}
    for name, tenant in configuration.tenants.items():
        try:
            sites[name] = replace(
                _site(name, tenant, path.parent, settings, rules),
                knowledge=(know or Knowledge.shipped()).with_urgency(tenant.urgency),
            )
        except ConfigurationError as error:
            raise ConfigurationError(f"{path}: tenants.{name}.{error}") from None
    _refuse_doubles(path, sites)
    return Sites(sites)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigurationError(
            f"{path}: cannot be read ({error.strerror}); set CARDWISE_CONFIG to the file's path"
        ) from None
    except ValueError as error:  # no TOML, or not in UTF-8
        raise ConfigurationError(f"{path}: {error}; see docs/tenants.md for an example") from None


def _with_presets(raw: dict[str, Any]) -> dict[str, Any]:
    """The file with each tenant's preset under it. Unknown ones are left to be told of."""
    tenants = raw.get("tenants")
    if not isinstance(tenants, dict):
        return raw
    return raw | {"tenants": {name: _with_preset(table) for name, table in tenants.items()}}


def _with_preset(table: Any) -> Any:
    preset = table.get("preset") if isinstance(table, dict) else None
    return presets.merge(presets.load(preset), table) if preset in presets.names() else table


def _site(
    name: str, tenant: Tenant, folder: Path, settings: Settings, rules: Sequence[Rule]
) -> Site:
    if tenant.preset is not None and tenant.preset not in presets.names():
        raise ConfigurationError(f"preset: there is none; use {', '.join(presets.names())}")
    for key, url in _plain_urls(tenant):
        if not (settings.development and is_loopback(url)):
            raise ConfigurationError(f"{key}: write an https URL")
    return Site(
        id=name,
        tenant=tenant,
        catalog=SiteCatalog(rules, tenant),
        servers=servers(tenant.fhir, loopback=settings.development),
        deadline=tenant.deadline or settings.deadline,
        keys=_keys(tenant.trust, folder, published=settings.development),
        aliases=Aliases(tenant.code_systems),
        actions=tenant.actions.profile(tenant.code_systems),
    )


def _plain_urls(tenant: Tenant) -> list[tuple[str, str]]:
    """The URLs that are not https, each with its key."""
    urls = [(f"fhir.{place}.base", fhir.base) for place, fhir in enumerate(tenant.fhir)]
    urls += [("trust.jku", url) for url in tenant.trust.jku]
    urls += [("trust.base_urls", url) for url in tenant.trust.base_urls]
    return [(key, url) for key, url in urls if not url.startswith("https://")]


def _keys(trust: Trust, folder: Path, *, published: bool) -> tuple[PublicKey, ...]:
    """The keys that are not fetched.

    Raises:
        ConfigurationError: there are none to be had, here or by URL.
    """
    if trust.jwks_file and trust.jwks:
        raise ConfigurationError("trust.jwks: take it out, or jwks_file; one of them is enough")
    if not trust.jwks_file and trust.jwks is None:
        if not trust.jku:
            raise ConfigurationError("trust: set jku, jwks_file or jwks: where its keys are")
        return ()
    key = "trust.jwks_file" if trust.jwks_file else "trust.jwks"
    try:
        given = (
            json.loads((folder / trust.jwks_file).read_text()) if trust.jwks_file else trust.jwks
        )
        keys = read_keys(given, published=published)
    except OSError as error:
        raise ConfigurationError(
            f"{key}: cannot be read ({error.strerror}); set its path"
        ) from None
    except ValueError:
        raise ConfigurationError(f"{key}: write a JWK Set, as RFC 7517 has it") from None
    if not any(k.algorithms & set(trust.algorithms) for k in keys):
        _no_key_fits(key, trust)
    return keys


def _no_key_fits(key: str, trust: Trust) -> NoReturn:
    raise ConfigurationError(
        f"{key}: no key in it can be used; put in a public key with a kid that fits "
        f"{' or '.join(trust.algorithms)}, and whose private half is not published"
    )


def _refuse_doubles(path: Path, sites: dict[str, Site]) -> None:
    """Refuse two tenants that one token could be for."""
    for one, other in combinations(sites.values(), 2):
        if _overlap(one.trust, other.trust):
            raise ConfigurationError(
                f"{path}: tenants.{other.id}.trust.issuers: {one.id} has the same issuer; give "
                "each its own trust.tenant, trust.subjects or trust.jku"
            )


def _overlap(one: Trust, other: Trust) -> bool:
    apart = (
        one.tenant and other.tenant and one.tenant != other.tenant,
        one.subjects and other.subjects and not {*one.subjects} & {*other.subjects},
        one.jku and other.jku and not {*one.jku} & {*other.jku},
    )
    return bool({*one.issuers} & {*other.issuers}) and not any(apart)


def _lines(path: Path, error: ValidationError) -> list[str]:
    """What pydantic found, each with its key and the remedy; never the value."""
    faults = error.errors(include_input=False, include_url=False, include_context=False)
    inner = {fault["loc"][:-1] for fault in faults}
    # a list whose only item is wrong is called too short as well
    return [
        _line(path, fault)
        for fault in faults
        if not (fault["type"] == "too_short" and fault["loc"] in inner)
    ]


def _line(path: Path, fault: ErrorDetails) -> str:
    where = ".".join(str(part) for part in fault["loc"]) or "tenants"
    within = tuple(part for part in fault["loc"][2:] if isinstance(part, str))
    if fault["type"] == "extra_forbidden":
        known = siblings(within) if within else ["tenants"]
        return f"{path}: {where}: no such key; use {', '.join(known)}"
    told = (
        "is missing" if fault["type"] == "missing" else fault["msg"].removeprefix("Value error, ")
    )
    remedy = sentence(within) or "Write at least one table [tenants.<id>]."
    return f"{path}: {where}: {told}. {remedy}"
