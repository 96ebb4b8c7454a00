"""What a rule may be called: the situation, never the remedy."""

import re
from typing import Final

_FOLDER: Final = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
#: A name with one of these words says what to do, not what is the case.
BANNED: Final = frozenset(
    {"alert", "avoid", "check", "dont", "never", "no", "prevent", "stop", "warn"}
)
_EMPTY: Final = frozenset({"rule", "test"})


def wrong_name(name: str) -> str:
    """What is wrong with a rule folder's name, and what to do; "" when nothing is."""
    if not _FOLDER.fullmatch(name):
        return (
            f"{name!r} cannot name a rule: use small letters, digits and single underscores, such "
            "as metformin_low_egfr"
        )
    if name in _EMPTY:
        return f"{name!r} says nothing: name the situation, such as metformin_low_egfr"
    if banned := BANNED.intersection(name.split("_")):
        return (
            f"{name!r} names a remedy ({', '.join(sorted(banned))}): name the situation, such as "
            "metformin_low_egfr for what would be stop_metformin"
        )
    return ""
