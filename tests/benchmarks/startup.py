"""Starting the service: seconds from nothing to the first answer, and memory after many calls."""

import asyncio
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.benchmarks.body import body
from tests.benchmarks.load import connect, latencies, message, port_of, start


@dataclass(frozen=True, slots=True)
class StartUp:
    """Seconds to the first answer, and resident megabytes after the calls."""

    seconds: float
    megabytes: float


def measure(starts: int, calls: int) -> StartUp:
    """Start the service some times; call it many times the last time."""
    request = message(body())
    found = [_start_once(request, 0) for _ in range(starts - 1)]
    found.append(_start_once(request, calls))
    return StartUp(median(one.seconds for one in found), found[-1].megabytes)


def _start_once(request: bytes, calls: int) -> StartUp:
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        process = start("service", Path(folder))
        try:
            port = port_of(process)
            asyncio.run(_first_answer(port, request))
            seconds = time.perf_counter() - began
            if calls:
                asyncio.run(latencies(port, request, calls))
            return StartUp(seconds, resident(process.pid))
        finally:
            _stop(process)


async def _first_answer(port: int, request: bytes) -> None:
    connection = await connect(port)
    await connection.call(request)
    await connection.close()


def _stop(process: "subprocess.Popen[str]") -> None:
    process.terminate()
    process.communicate()


def resident(pid: int) -> float:
    """Resident memory of a process in MB; not a number where the system does not tell."""
    if sys.platform != "linux":
        return float("nan")
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return float("nan")
