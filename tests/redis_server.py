"""A real Redis or Valkey of one's own, on a socket in a fresh folder."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

PROGRAM = shutil.which("redis-server") or shutil.which("valkey-server")


class RedisServer:
    """Starts and stops the server; what it holds is gone when it stops."""

    def __init__(self, folder: Path, *options: str) -> None:
        """Listen on a socket in a folder, whose path is short as such paths must be."""
        self.socket = folder / "redis.sock"
        self.url = f"unix://{self.socket}"
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        assert PROGRAM is not None
        at = ("--port", "0", "--unixsocket", str(self.socket), "--dir", str(self.socket.parent))
        self._process = subprocess.Popen(  # noqa: S603 - the program found above
            [PROGRAM, *at, "--save", "", "--loglevel", "notice", *self._options],
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        if not any(b"ready to accept connections" in line.lower() for line in self._process.stdout):
            pytest.fail("the Redis server ended before it was ready")

    def stop(self) -> None:
        """Stop it as a crash would."""
        if self._process:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def hang(self) -> None:
        """Let it take connections and answer nothing."""
        os.kill(self._pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it answer again."""
        os.kill(self._pid, signal.SIGCONT)

    @property
    def _pid(self) -> int:
        assert self._process is not None
        return self._process.pid


@contextmanager
def redis_server(*options: str) -> Iterator[RedisServer]:
    """A server for a test; without the program the test is skipped, but not in CI."""
    if PROGRAM is None:
        if os.environ.get("CARDWISE_CI") == "1":
            pytest.fail("neither redis-server nor valkey-server is installed")
        pytest.skip("neither redis-server nor valkey-server is installed")
    with tempfile.TemporaryDirectory() as folder, RedisServer(Path(folder), *options) as server:
        yield server
