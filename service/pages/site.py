"""Pages from templates: one style inside each page, nothing fetched, nothing run."""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from service.pages.markdown import to_html

_FOLDER: Final = Path(__file__).parent
STYLE: Final = (_FOLDER / "style.css").read_text(encoding="utf-8")


def policy(*styles: str) -> str:
    """A content security policy under which these inline styles apply, and nothing else."""
    digests = (hashlib.sha256(style.encode()).digest() for style in styles)
    allowed = " ".join(f"'sha256-{base64.b64encode(d).decode()}'" for d in digests)
    return (
        f"default-src 'none'; style-src {allowed}; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )


HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": policy(STYLE),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class Links(NamedTuple):
    """How pages link to each other: to the list of rules, and to one of them by its id."""

    rules: str
    rule: str


SERVED: Final = Links("/rules", "/rules/{}")
FILES: Final = Links("index.html", "{}.html")


def render(template: str, values: Mapping[str, Any], links: Links = SERVED) -> str:
    """A page.

    Args:
        template: its file.
        values: what the template shows; all of it is escaped.
        links: how it links to other pages.
    """
    page = _environment().get_template(template)
    return page.render(
        link=links.rule.format,
        rules_link=links.rules,
        style=Markup(STYLE),  # noqa: S704 - our own file
        **values,
    )


@cache
def _environment() -> Environment:
    """The templates."""
    made = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["markdown"] = to_html
    return made
