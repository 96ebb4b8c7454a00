"""How deeply JSON is nested, told before it is read.

Readers of JSON recurse for each level, and so does much of what handles the result. Here only
brackets outside of strings are counted, as many at a time as cannot pass the limit.
"""

import re
from typing import Final

# No resource that FHIR publishes as an example has half as many.
MOST_LEVELS: Final = 64

_OPENING: Final = bytes.maketrans(b"{}", b"[]")
_NO_BRACKET: Final = bytes(set(range(256)) - set(b"[]{}"))
# An unfinished string ends where the text does, so that no text is looked at twice.
_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)


def too_deep(json: bytes) -> bool:
    """Whether JSON has more than `MOST_LEVELS` arrays and objects within each other.

    What is no JSON is not judged: its reader says what is wrong with it.
    """
    if json.count(b"{") + json.count(b"[") <= MOST_LEVELS:
        return False
    brackets = _STRING.sub(b"", json).translate(_OPENING, _NO_BRACKET)
    place = depth = 0
    while place < len(brackets) and depth <= MOST_LEVELS:
        step = brackets[place : place + max(1, MOST_LEVELS - depth)]
        depth += 2 * step.count(b"[") - len(step)
        place += len(step)
    return depth > MOST_LEVELS
