"""`python -m service.store.verify`: whether the audit trail is as it was written.

It finds rows that were changed, and rows taken out from a chain's beginning or middle other than by
retention. It cannot find a chain's last rows missing, nor a whole chain: an export kept elsewhere
can.
"""

import json
import os
import sys
from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from hooks.errors import CardwiseError
from service.settings import Settings
from service.store.chain import seal, seal_of_cut
from service.store.database import open_reader, told
from service.store.keys import AuditKey
from service.store.opening import key_of
from service.store.tables import CALLS, CUTS

_CHANGED: Final = "it was changed, or sealed with another key"
_Ends = dict[tuple[str, int], str]


def verify(database: str, key: AuditKey) -> Iterator[str]:
    """Each fault of the audit trail, as a sentence; nothing where there is none.

    Raises:
        ConfigurationError: the database cannot be read.
    """
    engine = open_reader(database)
    try:
        with engine.connect() as connection:
            ends: _Ends = {}
            for cut in map(dict, connection.execute(select(CUTS)).mappings()):
                if cut["seal"] != seal_of_cut(key, cut):
                    yield f"the cut of {cut['at'].isoformat()}: {_CHANGED}"
                else:
                    chains = json.loads(cut["chains"])
                    ends |= {(writer, last): mark for writer, (last, mark) in chains.items()}
            yield from _faults(connection, key, ends)
    except SQLAlchemyError as error:
        raise told(error, engine) from None


def _faults(connection: Connection, key: AuditKey, ends: _Ends) -> Iterator[str]:
    rows = connection.execution_options(yield_per=500).execute(
        select(CALLS).order_by(CALLS.c.writer, CALLS.c.number)
    )
    writer, number, mark = "", 0, ""
    for found in rows.mappings():
        row = dict(found)
        if row["writer"] != writer:
            writer, number, mark = row["writer"], 0, ""
        name = f"call {row['number']} of writer {writer}"
        follows = row["number"] == number + 1
        if not follows:
            cut = ends.get((writer, row["number"] - 1), "") if number == 0 else ""
            follows, mark = bool(cut), cut
        if not follows:
            yield f"{name}: the rows before it are missing"
        elif row["seal"] != seal(key, mark, row):
            yield f"{name}: {_CHANGED}"
        number, mark = row["number"], row["seal"]


def main() -> int:
    """Verify the database that is set; the exit status is 1 when there is a fault."""
    try:
        settings = Settings.from_environment(os.environ)
        faults = list(verify(settings.database, key_of(settings)))
    except CardwiseError as error:
        sys.stderr.write(f"cardwise: {error}\n")
        return 2
    sys.stdout.writelines(f"{fault}\n" for fault in faults or ["the audit trail is as written"])
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
