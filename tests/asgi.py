"""Runs an ASGI app's start-up and shutdown around a test, as a server would."""

from service.cases.asgi import running

__all__ = ["running"]
