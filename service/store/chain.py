"""Numbers and seals the rows of the audit trail, so that a change, or one taken out, shows.

Each process that writes has a chain of its own, for a common one would have them wait for each
other. A seal covers the row and the seal before it, with a key that the database does not hold:
who can write to the database can take the triggers off, but not seal what they have changed.
"""

import secrets
from typing import Final

from service.store.keys import AuditKey
from service.store.rows import Row, plain
from service.store.tables import CALLS

_SEALED: Final = [column.name for column in CALLS.columns if column.name != "seal"]


class Chain:
    """The rows of one writer, in the order they are stored."""

    def __init__(self, key: AuditKey) -> None:
        """Begin a chain."""
        self._key = key
        self._writer = secrets.token_hex(8)
        self._number = 0
        self._seal = ""

    def add(self, row: Row) -> None:
        """Give the row its place; a row that has one keeps it."""
        if "seal" in row:
            return
        self._number += 1
        row["writer"], row["number"] = self._writer, self._number
        self._seal = row["seal"] = seal(self._key, self._seal, row)


def seal(key: AuditKey, previous: str, row: Row) -> str:
    """The seal of a row after the one sealed `previous`."""
    return key.seal(previous, [plain(row[name]) for name in _SEALED])


def seal_of_cut(key: AuditKey, cut: Row) -> str:
    """The seal of what retention has taken out."""
    return key.seal("cut", [plain(cut[name]) for name in ("at", "older_than", "chains")])
