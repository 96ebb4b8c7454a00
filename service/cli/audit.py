"""`cardwise audit`: the audit trail, for those who may read it."""

import os
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

app = typer.Typer(
    help="The audit trail: every call, kept append-only.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
_DAY = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]


@app.callback()
def audit() -> None:
    """The audit trail: every call, kept append-only."""


@app.command()
def export(
    since: Annotated[
        datetime | None, typer.Option(formats=_DAY, help="First moment, in UTC.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=_DAY, help="First moment not meant any more.")
    ] = None,
    tenant: Annotated[str | None, typer.Option(help="Id of one tenant; without it, all.")] = None,
) -> None:
    """Write calls as FHIR R4 AuditEvents, one JSON a line, oldest first.

    It reads the database that `CARDWISE_DATABASE` names.

    For example:

    - `cardwise audit export --since 2026-11-01 --tenant mercy > november.ndjson`
    """
    from service.settings import Settings
    from service.store.export import export as exported

    database = Settings.from_environment(os.environ).database
    for line in exported(database, _utc(since), _utc(until), tenant):
        sys.stdout.buffer.write(line)


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment else None
