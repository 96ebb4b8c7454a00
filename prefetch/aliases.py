"""A site's own names for code systems: local URLs and OIDs, read as the systems they stand for.

They are put right where data comes in, so that nothing after it has to know of them. What is in a
draft order stays as it was sent: parts of it go back to the site that sent it.
"""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from hooks.request import Prefetch
from prefetch.references import Resource
from prefetch.systems import canonical, renamed

_OID: Final = "urn:oid:"


class Aliases:
    """The names of one site."""

    def __init__(self, names: Mapping[str, str]) -> None:
        """Take each name with the canonical URL that it stands for."""
        self._names = {_bared(name): url for name, url in names.items() if canonical(name) != url}
        oids = [name for name in self._names if name.startswith(_OID)]
        self._names |= {name.removeprefix(_OID): self._names[name] for name in oids}
        self._spelt = _pattern(self._names)

    def pages(self, pages: tuple[bytes, ...]) -> tuple[bytes, ...]:
        """JSON as it was read, with code systems called by their own names; nothing is decoded."""
        return tuple(map(self._page, pages)) if self._names else pages

    def prefetch(self, values: Prefetch) -> Prefetch:
        """The same of what came prefetched."""
        if not self._names:
            return values
        return {key: msgspec.Raw(self._page(value)) for key, value in values.items()}

    def resource(self, resource: Resource) -> Resource:
        """The same of a resource that is decoded already."""
        if not self._names:
            return resource
        found: Resource = renamed(resource, lambda name: self._names.get(_bared(name), name))
        return found

    def _page(self, page: bytes | msgspec.Raw) -> bytes:
        return self._spelt.sub(self._in_json, bytes(page))

    def _in_json(self, match: re.Match[bytes]) -> bytes:
        name = match[2].replace(b"\\/", b"/").decode()
        return match[1] + self._names[name].encode()


def _bared(name: str) -> str:
    """A name without what some put around it: white space, a last slash."""
    return name.strip().rstrip("/")


def _pattern(names: Mapping[str, str]) -> re.Pattern[bytes]:
    """Finds the names as values of `system`, whether or not their slashes are escaped."""
    spelt = (re.escape(name.encode()).replace(b"/", rb"\\?/") for name in names)
    return re.compile(rb'("system"\s*:\s*")\s*(' + b"|".join(spelt) + rb')(?:\\?/)*\s*(?=")')


NO_ALIASES: Final = Aliases({})
