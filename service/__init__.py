"""The HTTP process: who calls, what is served, what is kept."""

__version__ = "0.1.0"
