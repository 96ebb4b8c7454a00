"""The human side: a front page, and a page for each rule, made from its docstring."""

from collections.abc import Iterable
from html import escape
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from rules._rule import Rule
from service import __version__

_STYLE: Final = """
:root { color-scheme: light dark; }
body { font: 1rem/1.55 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { line-height: 1.2; } h2 { font-size: 1.1rem; margin-bottom: .2rem; }
p { margin-top: .2rem; } table { border-collapse: collapse; } td { padding: .2rem 1rem .2rem 0; }
"""
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


async def front(request: Request) -> Response:
    """What this is and where things are."""
    demo = '<li><a href="/demo/">Demo EHR</a>: be the clinician, and see the cards</li>'
    return _page(
        "Cardwise",
        "<p>A CDS Hooks decision-support service.</p>"
        f"<ul>{demo if request.app.state.cardwise.settings.shows_demo else ''}"
        '<li><a href="/cds-services">Discovery</a></li>'
        '<li><a href="/rules">Rules</a></li></ul>'
        f"<p>Version {escape(__version__)}</p>",
    )


async def rule_list(request: Request) -> Response:
    """Every rule with its title."""
    rows = "".join(
        f'<tr><td><a href="/rules/{rule.id}">{escape(rule.title)}</a></td>'
        f"<td>{escape(', '.join(rule.hooks))}</td></tr>"
        for rule in request.app.state.cardwise.rules.rules
    )
    return _page("Rules", f"<table>{rows}</table>")


async def rule_page(request: Request) -> Response:
    """One rule: its docstring, heading by heading, and its metadata."""
    wanted = request.path_params["rule_id"]
    rules = request.app.state.cardwise.rules.rules
    rule = next((rule for rule in rules if rule.id == wanted), None)
    if rule is None:
        raise HTTPException(404)
    return _page(rule.title, "".join((*_sections(rule), _metadata(rule))))


def _sections(rule: Rule) -> Iterable[str]:
    for heading, text in rule.page.items():
        paragraphs = (f"<p>{escape(part)}</p>" for part in text.split("\n\n"))
        yield f"<h2>{escape(heading)}</h2>{''.join(paragraphs)}"


def _metadata(rule: Rule) -> str:
    source = f'<a href="{escape(rule.source.url or "")}">{escape(rule.source.label)}</a>'
    facts = {
        "Id": escape(rule.id),
        "Version": escape(rule.version),
        "Status": escape(rule.status),
        "Reviewed": escape(rule.reviewed),
        "Hooks": escape(", ".join(rule.hooks)),
        "Needs": escape(", ".join(need.words for need in rule.needs)),
        "Source": source,
    }
    rows = "".join(f"<tr><td>{name}</td><td>{value}</td></tr>" for name, value in facts.items())
    return f"<h2>About</h2><table>{rows}</table>"


def _page(title: str, body: str) -> HTMLResponse:
    return HTMLResponse(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>{body}</body></html>",
        headers=_HEADERS,
    )
