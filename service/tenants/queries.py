"""A site's own queries: the templates that are asked, and advertised, in place of ours.

A server may demand a parameter that ours do not have, or refuse one that they do.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from hooks.errors import ConfigurationError
from prefetch.gather import with_earlier
from prefetch.needs import Need
from prefetch.templates import dependencies, parse
from rules._rule import Rule

_TOKEN: Final = re.compile(r"\{\{.*?\}\}")
_WHOSE: Final = "{{context.patientId}}"


def with_queries(rules: Sequence[Rule], templates: Mapping[str, str]) -> list[Rule]:
    """The rules, asking for their data by a site's templates.

    Raises:
        ConfigurationError: no rule asks for a key, or its template would ask for something else.
    """
    if not templates:
        return list(rules)
    needs = {n.key: n for rule in rules for n in with_earlier(rule.queries)}
    for key, template in templates.items():
        if key not in needs:
            raise ConfigurationError(f"prefetch.{key}: there is none; use {', '.join(needs)}")
        _require_same(needs[key], template)
    return [
        replace(
            rule,
            needs=tuple(need.varied(templates) for need in rule.needs),
            helped_by=tuple(need.varied(templates) for need in rule.helped_by),
        )
        for rule in rules
    ]


def _require_same(need: Need, template: str) -> None:
    """Require that a template asks for what the need is about: the same type, the same patient."""
    where = f"prefetch.{need.key}"
    try:
        parse(template)
    except ConfigurationError as error:
        raise ConfigurationError(f"{where}: {error}") from None
    if not dependencies(template) <= {earlier.key for earlier in need.after}:
        raise ConfigurationError(f"{where}: it may not refer to other keys than ours does")
    kept = [_path(need.template), *(p for p in _parameters(need.template) if _WHOSE in p)]
    if [_path(template), *(p for p in _parameters(template) if _WHOSE in p)] != kept:
        raise ConfigurationError(f"{where}: keep {' and '.join(kept)} of {need.template}")
    if not re.fullmatch(r"[!-~]+", _TOKEN.sub("", template)) or "#" in template:
        raise ConfigurationError(f"{where}: write it as in a URL, without blanks and fragment")


def _path(template: str) -> str:
    """What stands before the parameters, with the mark that there are some."""
    path, mark, _ = template.partition("?")
    return path + mark


def _parameters(template: str) -> list[str]:
    return template.partition("?")[2].split("&")
