"""GitHub-flavoured Markdown to HTML that may be shown: no raw HTML, no images, safe links only."""

import re
from functools import cache
from typing import Final

from markdown_it import MarkdownIt
from markupsafe import Markup

_BARE_URL: Final = re.compile(r"(?<![<(\[\"'`=])\bhttps?://[^\s<>()]*[^\s<>().,;]")


def to_html(text: str) -> Markup:
    """The HTML of some Markdown; URLs that stand alone become links."""
    return Markup(_parser().render(_BARE_URL.sub(r"<\g<0>>", text)))  # noqa: S704 - html is off


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
