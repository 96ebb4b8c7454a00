"""Feedback on disk: committed and synced before anyone is told that it was received."""

import asyncio
import hashlib
import json
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Final

from hooks.feedback import Feedback

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS feedback (
    identity TEXT PRIMARY KEY,
    service TEXT NOT NULL,
    card TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('accepted', 'overridden')),
    suggestions TEXT NOT NULL,
    reason_system TEXT,
    reason_code TEXT,
    reason_display TEXT,
    comment TEXT,
    extension TEXT,
    acted_at TEXT NOT NULL,
    received_at TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS feedback_by_card ON feedback (card);
"""


class FeedbackStore:
    """An append-only table of feedback. The same feedback sent again is kept once."""

    def __init__(self, path: Path) -> None:
        """Open the file, making it and its folder when they are not there."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = Lock()
        self._connection = sqlite3.connect(path, check_same_thread=False)
        self._connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;")
        self._connection.executescript(_SCHEMA)

    async def add(self, service: str, feedback: Sequence[Feedback], received: datetime) -> int:
        """Store all of it or none; return how many pieces were new."""
        rows = [_row(service, item, received) for item in feedback]
        return await asyncio.to_thread(self._insert, rows)

    def all(self) -> list[dict[str, str | None]]:
        """Everything stored, in the order received."""
        with self._lock:
            cursor = self._connection.execute("SELECT * FROM feedback ORDER BY rowid")
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    async def ready(self) -> bool:
        """Whether the file can be read."""
        return await asyncio.to_thread(self._select)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def _select(self) -> bool:
        with self._lock:
            return bool(self._connection.execute("SELECT 1").fetchone())

    def _insert(self, rows: Sequence[tuple[str | None, ...]]) -> int:
        marks = ", ".join("?" * len(rows[0]))
        with self._lock, self._connection:
            before = self._connection.total_changes
            self._connection.executemany(f"INSERT OR IGNORE INTO feedback VALUES ({marks})", rows)  # noqa: S608
            return self._connection.total_changes - before


def _row(service: str, item: Feedback, received: datetime) -> tuple[str | None, ...]:
    override = item.overrideReason
    reason = override.reason if override else None
    suggestions = ",".join(sorted(suggestion.id for suggestion in item.acceptedSuggestions))
    acted = item.at.astimezone(UTC).isoformat()
    content = (
        service,
        item.card,
        item.outcome,
        suggestions,
        reason.system if reason else None,
        reason.code if reason else None,
        reason.display if reason else None,
        override.userComment if override else None,
        json.dumps(override.extension) if override and override.extension else None,
        acted,
    )
    identity = hashlib.sha256(repr(content).encode()).hexdigest()
    return (identity, *content, received.astimezone(UTC).isoformat())
