"""The demo's HTML: templates that escape whatever they show, and cards' Markdown made safe.

Detail is GitHub-flavoured Markdown from a service; as anybody's text it may hold anything. No HTML
is taken from it, links lead to http and https only, and pictures are shown as links.
"""

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import HTMLResponse

from service.demo.exchange import pretty

if TYPE_CHECKING:
    from jinja2 import Environment
    from markdown_it import MarkdownIt

_FOLDER: Final = Path(__file__).parent
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_WEB: Final = re.compile(r"https?://", re.IGNORECASE)


def page(template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A template filled in, as an answer with a strict policy."""
    html = _environment().get_template(template).render(values)
    return HTMLResponse(html, status, headers=_HEADERS)


def markdown(text: str) -> str:
    """A card's detail as harmless HTML."""
    html: str = _markdown().render(text)
    return html


def web_link(url: object) -> str:
    """The URL, if it leads to the web; else ""."""
    return url if isinstance(url, str) and _WEB.match(url) else ""


@cache
def _environment() -> "Environment":
    # imported when the first page is asked for: most of a process' life needs neither
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415
    from markupsafe import Markup  # noqa: PLC0415

    environment = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["markdown"] = lambda text: Markup(markdown(str(text)))  # noqa: S704 - made harmless
    environment.filters["web_link"] = web_link
    environment.filters["pretty"] = pretty
    return environment


@cache
def _markdown() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # noqa: PLC0415

    reader = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    reader.disable("image")
    reader.validateLink = lambda url: bool(_WEB.match(url))  # type: ignore[method-assign]
    reader.add_render_rule("link_open", _link_open)
    return reader


def _link_open(renderer: Any, tokens: Any, place: int, options: Any, _: Any) -> str:
    tokens[place].attrSet("rel", "noopener noreferrer")
    tokens[place].attrSet("target", "_blank")
    opened: str = renderer.renderToken(tokens, place, options, {})
    return opened
