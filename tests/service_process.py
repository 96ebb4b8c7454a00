"""The service as processes of its own: started as operators start it, on a free port."""

import os
import subprocess
import sys
from collections.abc import Iterator
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
