"""Load over real sockets: the service against the floor, in turns on the same core.

The client writes ready-made bytes on kept-alive connections and looks at no more of the answer
than its status and length, so that it costs little. It runs on one core, the servers on another.
"""

import asyncio
import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Final

from tests.benchmarks.body import FHIR_BASE, SERVICE, body

MANY: Final = 16
_ADDRESS: Final = re.compile(r"http://127\.0\.0\.1:(\d+)")
# The cores this process may use: servers get the first, the client the last.
_CORES: Final = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Server:
    """A server in a process of its own."""

    port: int
    pid: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What one server reached in one round.

    Attributes:
        rate: requests per second over many connections.
        p50: median latency over one connection, in seconds.
        p99: 99th percentile of it.
    """

    rate: float
    p50: float
    p99: float


@dataclass(frozen=True, slots=True)
class Length:
    """How long one round lasts for each server."""

    calls: int
    seconds: float


class Connection:
    """One kept-alive connection that sends the same request again and again."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def call(self, message: bytes) -> bytes:
        """Send a request and return the answer's body.

        Raises:
            RuntimeError: the answer is not 200.
        """
        self._writer.write(message)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        answer = await self._reader.readexactly(int(length[1]) if length else 0)
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"the server answered {head[:40]!r}: {answer[:300]!r}")
        return answer

    async def close(self) -> None:
        """Close the connection."""
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


async def connect(port: int) -> Connection:
    """Open a connection."""
    return Connection(*await asyncio.open_connection("127.0.0.1", port))


def message(content: bytes) -> bytes:
    """The HTTP request that posts a body to the service."""
    head = (
        f"POST {SERVICE} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Accept: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


@contextmanager
def serving(module: str, *options: str, **variables: str) -> Iterator[Server]:
    """Run `python -m module` on the servers' core until the block ends."""
    with tempfile.TemporaryDirectory() as folder:
        process = start(module, Path(folder), *options, **variables)
        try:
            yield Server(port_of(process), process.pid)
        finally:
            process.terminate()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()


def start(module: str, folder: Path, *options: str, **variables: str) -> "subprocess.Popen[str]":
    """Start `python -m module` with its files in a folder, and more environment variables."""
    environment = (
        os.environ
        | variables
        | {
            "PORT": "0",
            "CARDWISE_DATABASE": str(folder / "cardwise.sqlite"),
            "CARDWISE_FHIR_SERVERS": FHIR_BASE,
        }
    )
    command = [sys.executable, "-m", module, *options]
    process = subprocess.Popen(  # noqa: S603 - our own modules
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    _pin(process.pid, _CORES[:1])
    return process


def port_of(process: "subprocess.Popen[str]") -> int:
    """The port a server writes on its first line.

    Raises:
        RuntimeError: it ended, or wrote something else.
    """
    assert process.stdout is not None
    line = process.stdout.readline()
    found = _ADDRESS.search(line)
    if found is None:
        raise RuntimeError(f"the server wrote no address but {line!r}")
    return int(found[1])


@contextmanager
def client_core() -> Iterator[bool]:
    """Keep this process off the servers' core; gives whether that is possible here."""
    _pin(0, _CORES[-1:])
    try:
        yield len(_CORES) > 1
    finally:
        _pin(0, _CORES)


def _pin(pid: int, cores: Sequence[int]) -> None:
    """Keep a process on some cores, where the system can and there are two or more."""
    if hasattr(os, "sched_setaffinity") and len(_CORES) > 1:
        os.sched_setaffinity(pid, cores)


async def latencies(port: int, request: bytes, calls: int) -> list[float]:
    """Seconds of each of some calls over one connection."""
    connection = await connect(port)
    found = []
    for _ in range(calls):
        began = time.perf_counter()
        await connection.call(request)
        found.append(time.perf_counter() - began)
    await connection.close()
    return found


async def rate(port: int, request: bytes, seconds: float) -> float:
    """Requests answered per second over many connections, each sending when it was answered."""

    async def keep_calling() -> int:
        connection = await connect(port)
        calls = 0
        while time.perf_counter() < end:
            await connection.call(request)
            calls += 1
        await connection.close()
        return calls

    began = time.perf_counter()
    end = began + seconds
    calls = sum(await asyncio.gather(*(keep_calling() for _ in range(MANY))))
    return calls / (time.perf_counter() - began)


async def measure(server: Server, request: bytes, length: Length) -> Figures:
    """One round with one server."""
    many = await rate(server.port, request, length.seconds)
    one = await latencies(server.port, request, length.calls)
    return Figures(many, median(one), quantiles(one, n=100)[98])


def compare(rounds: int, length: Length) -> list[tuple[Figures, Figures]]:
    """The floor's and the service's figures, round by round."""
    request = message(body())
    with serving("tests.benchmarks.floor") as floor, serving("service") as service:
        asyncio.run(_require_card(service.port, request))
        for server in (floor, service):
            asyncio.run(measure(server, request, Length(50, 0.5)))
        return [
            (
                asyncio.run(measure(floor, request, length)),
                asyncio.run(measure(service, request, length)),
            )
            for _ in range(rounds)
        ]


async def _require_card(port: int, request: bytes) -> None:
    """Make sure that a rule is evaluated to its end: a failing one would be fast."""
    connection = await connect(port)
    answer = await connection.call(request)
    await connection.close()
    if b'"critical"' not in answer or b"Not checked" in answer:
        raise RuntimeError(f"expected one critical card for the conflict, got {answer[:500]!r}")


def growth(rounds: int, calls: int) -> float:
    """How much longer a 1 MB call takes than a 100 kB call, over how much longer it is."""
    bodies = body(1), body(10)
    small, large = map(message, bodies)
    ratios = []
    with serving("service") as service:
        for _ in range(rounds):
            one = median(asyncio.run(latencies(service.port, small, calls)))
            ten = median(asyncio.run(latencies(service.port, large, calls)))
            ratios.append(ten / one)
    return median(ratios) * len(bodies[0]) / len(bodies[1])


def between(pairs: Sequence[tuple[Figures, Figures]], name: str) -> float:
    """The median, over the rounds, of the service's figure over the floor's."""
    ratios: list[float] = [getattr(one, name) / getattr(base, name) for base, one in pairs]
    return median(ratios)
