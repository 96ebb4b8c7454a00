"""Text on cards: what comes from a chart is made harmless before it is shown."""

import re
import unicodedata
from typing import Final

from hooks.cards import SUMMARY_LIMIT

# Characters that mean something to GitHub-flavoured Markdown or to HTML wherever they stand, those
# that start a heading or list at the beginning of a line, and those that turn words into a link.
_SPECIAL: Final = re.compile(
    r"[\\`*_\[\]|~&<>@] | ^(?:[#+=-]|\d+(?=[.)])) | :(?=//) | (?<=[wW]{3})\.",
    re.VERBOSE,
)
_NAMED: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"} | {c: f"\\{c}" for c in "\\`*_[]|~"}
_BRACKETS: Final = str.maketrans({"<": "‹", ">": "›"})
_LONGEST_QUOTE: Final = 200


def plain(text: str, limit: int = _LONGEST_QUOTE) -> str:
    """Chart text for a plain-text place: one line, no control characters, no angle brackets."""
    return shorten(_one_line(text).translate(_BRACKETS), limit)


def markdown(text: str) -> str:
    """Chart text for `detail`: whatever it holds, it shows as itself and starts nothing."""
    quoted = shorten(_one_line(text), _LONGEST_QUOTE)
    return _SPECIAL.sub(_escaped, quoted)


def shorten(text: str, limit: int = SUMMARY_LIMIT - 1) -> str:
    """The text, cut at a word with an ellipsis when it is longer than `limit` characters."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    head, space, _ = cut.rpartition(" ")
    return f"{(head if space and len(head) > limit // 2 else cut).rstrip(' ,;:')}…"


def sentence(text: str) -> str:
    """The text with its first letter large."""
    return text[:1].upper() + text[1:]


def uncapped(text: str) -> str:
    """The text as it stands inside a sentence: its first letter small, unless it is an acronym."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def _escaped(special: re.Match[str]) -> str:
    return "".join(_NAMED.get(c) or f"&#{ord(c)};" for c in special[0])


def _one_line(text: str) -> str:
    if not text.isprintable():  # which no text with control or format characters is
        text = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in text)
    return " ".join(text.split())
