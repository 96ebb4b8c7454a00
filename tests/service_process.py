"""The service as processes of its own: started as operators start it, on a free port."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent


@contextmanager
def service_process(folder: Path, **variables: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The running service and its address; it is killed when the block ends.

    Args:
        folder: where it keeps its store.
        variables: environment variables.
    """
    environment = os.environ | {"PORT": "0", "CARDWISE_DATABASE": str(folder / "x.sqlite")}
    with subprocess.Popen(
        [sys.executable, "-m", "service"],
        cwd=ROOT,
        env=environment | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        yield process, first.split()[-1] if first else ""
        process.kill()


def free_port() -> int:
    """A port that nobody listens on: for servers that do not tell which one they took."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def listening_on(port: int, runs: Callable[[], bool]) -> None:
    """Wait until a server that was started takes connections; fail when it has ended instead."""
    while True:
        assert runs(), "it ended"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
