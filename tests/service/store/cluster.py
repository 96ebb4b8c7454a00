"""A PostgreSQL server for tests: a cluster of its own, on a socket in a temporary folder."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Final

import psycopg

_SYSTEM: Final = Path("/usr/lib/postgresql")
# Nothing of it outlives the test, so nothing needs to be on disk; what is asked of the service is
# that a transaction was committed, and the server is not what is killed.
_OPTIONS: Final = "-c listen_addresses='' -c fsync=off -c max_connections=50"


def binaries() -> Path | None:
    """The folder of initdb and pg_ctl: the newest of the system's, or that on the path."""
    versions = [path.parent for path in _SYSTEM.glob("*/bin/initdb")]
    newest = max(versions, key=lambda path: int(path.parent.name), default=None)
    found = shutil.which("initdb")
    return newest or (Path(found).parent if found else None)


@dataclass
class Cluster:
    """A running server.

    Attributes:
        folder: holds its socket.
    """

    folder: Path
    _names: Iterator[int] = field(default_factory=count)

    def database(self) -> str:
        """The URL of a new, empty database."""
        name = f"test_{next(self._names)}"
        self.run(f"CREATE DATABASE {name}")
        return f"postgresql://postgres@/{name}?host={self.folder}"

    def run(self, statement: str) -> None:
        """Run a statement as the superuser, outside any transaction."""
        dsn = f"host={self.folder} user=postgres dbname=postgres"
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(statement.encode())

    def closed(self, url: str) -> None:
        """Put everybody out of a database, and let nobody in."""
        name = _name(url)
        self.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        who = f"FROM pg_stat_activity WHERE datname = '{name}'"
        self.run(f"SELECT pg_terminate_backend(pid) {who}")

    def opened(self, url: str) -> None:
        """Let everybody in again."""
        self.run(f"ALTER DATABASE {_name(url)} ALLOW_CONNECTIONS true")


def _name(url: str) -> str:
    return url.partition("@/")[2].partition("?")[0]


@contextmanager
def running(programs: Path) -> Iterator[Cluster]:
    """A server, until the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="cardwise-pg-"))
    data = folder / "data"
    try:
        if os.geteuid() == 0:  # the server refuses to run as root
            shutil.chown(folder, "postgres")
        _as_owner(programs / "initdb", "-D", data, "-A", "trust", "-U", "postgres", "--no-sync")
        options = f"{_OPTIONS} -c unix_socket_directories={folder}"
        _as_owner(
            programs / "pg_ctl", "-D", data, "-w", "-o", options, "-l", folder / "log", "start"
        )
        try:
            yield Cluster(folder)
        finally:
            _as_owner(programs / "pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _as_owner(program: Path, *arguments: Path | str) -> None:
    """Run a program of PostgreSQL's, as its own user where we are root."""
    prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    command = [*prefix, str(program), *map(str, arguments)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")  # noqa: S603 - ours
