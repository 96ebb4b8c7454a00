"""Runs an ASGI app's start-up and shutdown around a test, as a server would."""

from starlette.applications import Starlette

from service.cases.asgi import running


def innermost(app: object) -> Starlette:
    """The routed application below the layers that `create_app` puts around it."""
    while not isinstance(app, Starlette):
        app = vars(app).get("app") or vars(app)["_app"]
    return app


__all__ = ["innermost", "running"]
