"""One thread that writes: whatever waits becomes one transaction, and one wait for the disk.

Rows are written behind, within a window; tasks are waited for, and commit at once all that waits
before them. While the database fails, tasks fail and rows are kept and tried again, up to a limit.
"""

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DatabaseError, DataError, IntegrityError, InterfaceError

R = TypeVar("R")
T = TypeVar("T")

MOST_ROWS: Final = 10_000  # that wait; more are lost, counted and logged
MOST_TASKS: Final = 1_000
_BATCH: Final = 1_000
_SIP: Final = 10  # rows
_REST: Final = 0.002  # seconds
_PAUSES: Final = (0.1, 5.0)  # seconds: after the first failure, and at most
_GRACE: Final = 5.0  # seconds in which to write what waits, when the process ends
_log: Final = logging.getLogger("cardwise.store")


class QueueFull(Exception):
    """More waits to be stored than can be held."""


@dataclass(slots=True, eq=False)
class _Task(Generic[R]):
    work: Callable[[Connection], R]
    done: Future[R] = field(default_factory=Future)


class Writer(Generic[T]):
    """Writes rows of type T, and runs tasks, on one connection in one thread.

    Attributes:
        healthy: whether the last transaction was committed.
    """

    def __init__(
        self,
        engine: Engine,
        write: Callable[[Connection, Sequence[T]], None],
        lost: Callable[[int], None],
        window: float,
    ) -> None:
        """Begin with nothing; the thread starts with the first thing to write.

        Args:
            engine: the database.
            write: inserts rows; may be called with the same rows again.
            lost: told how many rows were given up.
            window: seconds for which rows may wait for others.
        """
        self.healthy = True
        self._engine = engine
        self._insert = write
        self._lost = lost
        self._window = window
        self._rows: deque[T] = deque()
        self._tasks: deque[_Task[Any]] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._end: float | None = None  # when to give up, once closing
        self._pause = 0.0  # seconds before rows are tried again
        self._connection: Connection | None = None

    def put(self, row: T) -> None:
        """Have a row written soon."""
        with self._changed:
            if len(self._rows) < MOST_ROWS and self._end is None:
                self._rows.append(row)
                if len(self._rows) in (1, _BATCH):
                    self._wake()
                return
        self._give_up(1)

    def run(self, work: Callable[[Connection], R]) -> "Future[R]":
        """Have something done in a transaction, after the rows that were put before.

        Raises:
            QueueFull: too much waits already, or the writer is closing.
        """
        task = _Task(work)
        with self._changed:
            if len(self._tasks) >= MOST_TASKS or self._end is not None:
                raise QueueFull
            self._tasks.append(task)
            self._wake()
        task.done.add_done_callback(lambda done: self._forget(task) if done.cancelled() else None)
        return task.done

    def close(self) -> None:
        """Write everything that waits, and end the thread; blocks for seconds at most."""
        with self._changed:
            self._end = time.monotonic() + _GRACE
            self._changed.notify()
        if self._thread:
            self._thread.join()

    def _forget(self, task: _Task[Any]) -> None:
        """Let go of what nobody waits for any more."""
        with self._changed, contextlib.suppress(ValueError):
            self._tasks.remove(task)

    def _wake(self) -> None:
        if self._thread is None:  # not earlier: a server may fork after it has made the app
            self._thread = threading.Thread(target=self._work, name="store", daemon=True)
            self._thread.start()
        self._changed.notify()

    def _work(self) -> None:
        while self._next():
            pass
        self._disconnect()

    def _next(self) -> bool:
        """Commit what waits, once something does; False at the end."""
        rows, tasks = self._take()
        if not (rows or tasks):
            return not self._ended()
        try:
            results = self._commit(rows, tasks)
        except Exception as error:  # noqa: BLE001 - the thread outlives every failure
            self._failed(rows, tasks, error)
        else:
            self._succeeded()
            for task, result in zip(tasks, results, strict=True):
                _resolve(task.done, result)
        return True

    def _ended(self) -> bool:
        with self._changed:
            return self._end is not None and not (self._rows or self._tasks)

    def _take(self) -> tuple[list[T], list[_Task[Any]]]:
        """What is to be committed next; nothing at the end, or where nobody waits any more."""
        with self._changed:
            self._changed.wait_for(lambda: self._rows or self._urgent())
            if not self._urgent():
                self._changed.wait_for(self._urgent, self._pause or self._window)
            rows = [self._rows.popleft() for _ in range(min(_BATCH, len(self._rows)))]
            # a task may build on rows that were put before it
            waiting = [] if self._rows else list(self._tasks)
            if waiting:
                self._tasks.clear()
        return rows, [task for task in waiting if task.done.set_running_or_notify_cancel()]

    def _urgent(self) -> bool:
        full = len(self._rows) >= _BATCH and not self._pause
        return bool(self._tasks) or full or self._end is not None

    def _commit(self, rows: list[T], tasks: list[_Task[Any]]) -> list[Any]:
        if self._connection is None:
            self._connection = self._engine.connect()
        with self._connection.begin():
            if rows:
                self._write(self._connection, rows, hurry=bool(tasks))
            return [_outcome(task.work, self._connection) for task in tasks]

    def _write(self, connection: Connection, rows: list[T], *, hurry: bool) -> None:
        """Insert rows; one that the database can never take is given up, not the others."""
        try:
            with connection.begin_nested():
                if hurry:
                    self._insert(connection, rows)
                else:
                    self._in_sips(connection, rows)
        except Exception as error:
            if _is_outage(error):
                raise
            if len(rows) > 1:
                for row in rows:
                    self._write(connection, [row], hurry=True)
                return
            _log.error("a row of the audit trail cannot be stored: %s", type(error).__name__)
            self._give_up(1)

    def _in_sips(self, connection: Connection, rows: list[T]) -> None:
        """Insert a few rows at a time, and rest in between unless somebody begins to wait.

        Where there is one core for both, a call that is being answered is held up by a few rows
        then, and not by a whole batch.
        """
        for start in range(0, len(rows), _SIP):
            self._insert(connection, rows[start : start + _SIP])
            with self._changed:
                self._changed.wait_for(self._urgent, _REST)

    def _succeeded(self) -> None:
        if not self.healthy:
            _log.warning("the database takes what is stored again")
        self.healthy, self._pause = True, 0.0

    def _failed(self, rows: list[T], tasks: list[_Task[Any]], error: Exception) -> None:
        if self.healthy:
            # the message is left out: it may quote what was to be stored
            cause = type(getattr(error, "orig", None) or error).__name__
            _log.error("the database takes nothing (%s); it is tried again", cause)
        self.healthy = False
        self._pause = min(max(2 * self._pause, _PAUSES[0]), _PAUSES[1])
        self._disconnect()
        for task in tasks:
            task.done.set_exception(error)
        with self._changed:
            self._rows.extendleft(reversed(rows))
            ends = self._end is not None
            over = ends and time.monotonic() > (self._end or 0)
            left = len(self._rows) if over else 0
            if over:
                self._rows.clear()
            elif ends:
                self._changed.wait(_PAUSES[0])
        self._give_up(left)

    def _give_up(self, rows: int) -> None:
        if rows:
            self._lost(rows)

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()


def _outcome(work: Callable[[Connection], R], connection: Connection) -> R | Exception:
    """What came of a task; its own failure, unless that is the whole database's."""
    try:
        with connection.begin_nested():
            return work(connection)
    except Exception as error:
        if _is_outage(error):
            raise
        return error


def _resolve(done: "Future[R]", result: R | Exception) -> None:
    if isinstance(result, Exception):
        done.set_exception(result)
    else:
        done.set_result(result)


def _is_outage(error: Exception) -> bool:
    """Whether the database failed, rather than what was to be stored."""
    own = isinstance(error, DataError | IntegrityError)
    return isinstance(error, DatabaseError | InterfaceError | OSError) and not own
