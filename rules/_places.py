"""Where something is, as messages to authors name it."""

from pathlib import Path


def shown(path: Path) -> str:
    """The path from the current directory where it lies below it, else the whole path."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
