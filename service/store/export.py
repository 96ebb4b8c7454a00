"""`python -m service.store.export`: the audit trail as FHIR R4 AuditEvents, one JSON a line."""

import argparse
import os
import sys
from collections.abc import Collection, Iterator
from datetime import UTC, datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from hooks.errors import CardwiseError
from service.settings import Settings
from service.store.audit_event import audit_event
from service.store.database import open_reader, told
from service.store.opening import key_of
from service.store.tables import CALLS

_AT_ONCE = 500


def export(
    database: str,
    since: datetime | None = None,
    until: datetime | None = None,
    tenant: str | None = None,
    patient: Collection[str] = (),
) -> Iterator[bytes]:
    """The calls of a time and a tenant as AuditEvents: a line each, oldest first.

    Args:
        database: a path, or a URL.
        since: the first moment; None from the beginning.
        until: the first moment that is not meant any more; None to the end.
        tenant: its id; None for all.
        patient: a patient as the trail may name them, by hash or by id; empty for all.

    Raises:
        ConfigurationError: the database cannot be read.
    """
    query = select(CALLS).order_by(CALLS.c.at, CALLS.c.writer, CALLS.c.number)
    if since:
        query = query.where(CALLS.c.at >= since)
    if until:
        query = query.where(CALLS.c.at < until)
    if tenant is not None:
        query = query.where(CALLS.c.tenant == tenant)
    if patient:
        query = query.where(CALLS.c.patient_id.in_(patient))
    engine = open_reader(database)
    try:
        with engine.connect().execution_options(yield_per=_AT_ONCE) as connection:
            for row in connection.execute(query).mappings():
                yield msgspec.json.encode(audit_event(dict(row))) + b"\n"
    except SQLAlchemyError as error:
        raise told(error, engine) from None


def main() -> int:
    """Write what is asked for to standard output."""
    parser = argparse.ArgumentParser(prog="python -m service.store.export", description=__doc__)
    parser.add_argument("--since", type=moment, help="first moment, such as 2026-11-01")
    parser.add_argument("--until", type=moment, help="first moment that is not meant any more")
    parser.add_argument("--tenant", help="id of one tenant; without it, all")
    parser.add_argument("--patient", help="FHIR id of one patient of that tenant")
    asked = parser.parse_args()
    try:
        settings = Settings.from_environment(os.environ)
        names = _names(settings, asked.tenant, asked.patient) if asked.patient else ()
        for line in export(settings.database, asked.since, asked.until, asked.tenant, names):
            sys.stdout.buffer.write(line)
    except CardwiseError as error:
        sys.stderr.write(f"cardwise: {error}\n")
        return 2
    return 0


def _names(settings: Settings, tenant: str | None, patient: str) -> Collection[str]:
    """What a patient is called in the trail: by id where the tenant wants that, else by hash."""
    return patient, key_of(settings).hashed(tenant or "", "patient", patient)


def moment(text: str) -> datetime:
    """A day or a moment in ISO 8601; without a zone, UTC.

    Raises:
        ValueError: it is neither.
    """
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


if __name__ == "__main__":
    sys.exit(main())
