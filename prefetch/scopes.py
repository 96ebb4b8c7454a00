"""SMART scopes: whether a token may read a type, as far as its scope string can be trusted to say.

Source: SMART App Launch 2, "Scopes for requesting FHIR Resources"; version 1 scopes are understood
too. A string that is not made of such scopes alone (Epic sends free text with spaces and brackets)
says nothing certain, and the query is sent.
"""

import re
from functools import lru_cache
from typing import Any, Final

_RESOURCE: Final = re.compile(
    r"(?:patient|user|system)/(?P<kind>\*|[A-Z][A-Za-z]+)"
    r"\.(?P<may>read|write|\*|c?r?u?d?s?)(?:\?\S*)?"
)
_OTHER: Final = re.compile(
    r"openid|profile|fhirUser|email|online_access|offline_access|launch(?:/\S+)?|smart/\S+"
)


def may_read(scope: Any, kind: str) -> bool:
    """Whether a token with this scope string may search a resource type.

    Args:
        scope: `fhirAuthorization.scope`, as sent.
        kind: the resource type.

    Returns:
        False only when the whole string is SMART scopes and none of them covers the type.
    """
    granted = _granted(scope) if isinstance(scope, str) else None
    return granted is None or bool(granted & {kind, "*"})


@lru_cache(maxsize=1024)
def _granted(scope: str) -> frozenset[str] | None:
    """The types that may be read; None when the string does not say for certain."""
    granted = set()
    sure = False
    for item in scope.split():
        if match := _RESOURCE.fullmatch(item):
            sure = True
            if match["may"] == "*" or (match["may"] != "write" and set("rs") & set(match["may"])):
                granted.add(match["kind"])
        elif not _OTHER.fullmatch(item):
            return None
    return frozenset(granted) if sure else None
