"""The human side: a front page, and a page for each rule, made from what the rule says of itself.

Templates and Markdown are loaded when the first page is asked for, not at start-up.
"""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from service import __version__


async def front(request: Request) -> Response:
    """What this is and where things are."""
    demo = request.app.state.cardwise.settings.shows_demo
    return _page("front.html", title="Cardwise", version=__version__, demo=demo)


async def rule_list(request: Request) -> Response:
    """Every rule with its title."""
    return _page("rules.html", title="Rules", rules=request.app.state.cardwise.rules.rules)


async def rule_page(request: Request) -> Response:
    """One rule: its docstring, heading by heading, examples, and its metadata."""
    from service.pages.rule import view

    wanted = request.path_params["rule_id"]
    rules = request.app.state.cardwise.rules.rules
    rule = next((rule for rule in rules if rule.id == wanted), None)
    if rule is None:
        raise HTTPException(404)
    return _page("rule.html", title=rule.title, view=await view(rule))


def _page(template: str, **values: object) -> HTMLResponse:
    from service.pages.site import HEADERS, render

    return HTMLResponse(render(template, values), headers=HEADERS)
