"""`cardwise serve`."""

import typer


def serve() -> None:
    """Start the service, as `python -m service` does; the settings are environment variables.

    For example: `PORT=8080 cardwise serve`
    """
    from service.__main__ import main

    raise typer.Exit(main())
