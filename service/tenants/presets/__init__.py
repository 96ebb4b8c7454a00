"""Starting points for tenants, one file for each vendor, each fact with its source.

A preset is part of a tenant's table: what the site sets itself wins, member by member. They are
starting points, not truths: what a site's EHR really sends decides.
"""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

Table = dict[str, Any]


@cache
def names() -> tuple[str, ...]:
    """Every preset's name."""
    entries = (entry.name for entry in files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in entries if name.endswith(".toml")))


def load(name: str) -> Table:
    """A preset's table; KeyError for a name that is none."""
    if name not in names():
        raise KeyError(name)
    return tomllib.loads(files(__name__).joinpath(f"{name}.toml").read_text("utf-8"))


def merge(preset: Table, site: Table) -> Table:
    """The preset with the site's values over it: tables join, everything else is replaced."""
    joined = dict(preset)
    for key, value in site.items():
        below = joined.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            value = merge(below, value)  # noqa: PLW2901 - the joined value takes its place
        joined[key] = value
    return joined
