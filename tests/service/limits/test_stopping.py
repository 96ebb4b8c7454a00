"""SIGTERM, against a real process whose calls wait for a FHIR server."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.ehr import TOKEN, draft, order_sign
from tests.prefetch.servers import listening
from tests.service.limits.held import CALLS, Held
from tests.service.limits.wire import post, status
from tests.service_process import free_port, listening_on

ROOT = Path(__file__).parents[3]
OWN = ("-m", "service")
UVICORN = (
    *("-m", "uvicorn", "--factory", "service.app:from_environment"),
    *("--http", "service.limits.connection:Connection", "--ws", "none"),
    *("--timeout-graceful-shutdown", "20", "--timeout-keep-alive", "75", "--no-access-log"),
)


class Process:
    """The service in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        """Speak to its port."""
        self.process = process
        self.port = port

    async def call(self, base: str, number: int) -> bytes:
        """Fire order-sign with a FHIR server to read; the connection would be kept."""
        token = {"access_token": TOKEN + str(number)}  # so that no two calls share a request
        order = order_sign(draft(), fhirServer=base, fhirAuthorization=token)
        return await self.say(post(order, Connection="keep-alive"))

    async def say(self, request: bytes) -> bytes:
        """Send a request, and return all that comes until the connection ends."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(request)
        try:
            return await reader.read()
        finally:
            writer.close()

    async def refuses(self) -> None:
        """Return when no connection is taken any more."""
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                return
            writer.close()

    def stop(self, which: signal.Signals = signal.SIGTERM) -> None:
        """Send it a signal."""
        self.process.send_signal(which)


@asynccontextmanager
async def started(
    folder: Path, command: tuple[str, ...] = OWN, **settings: str
) -> AsyncIterator[Process]:
    """Start the service."""
    port = free_port()
    words = [*command, "--port", str(port)] if "uvicorn" in command else [*command]
    given = {
        "PORT": str(port),
        "CARDWISE_DATABASE": str(folder / "x.sqlite"),
        "CARDWISE_DEADLINE": "20",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *words,
        cwd=ROOT,
        env=os.environ | given | settings,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        await asyncio.to_thread(listening_on, port, lambda: process.returncode is None)
        yield Process(process, port)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@asynccontextmanager
async def held() -> AsyncIterator[tuple[Held, str]]:
    """A FHIR server that holds its answers, and its base URL."""
    server = Held()
    async with listening(server) as base:
        try:
            yield server, base
        finally:
            server.free.set()


async def under_way(service: Process, base: str, server: Held) -> list[asyncio.Task[bytes]]:
    """Calls that have all been taken on and wait for the FHIR server."""
    tasks = [asyncio.create_task(service.call(base, number)) for number in range(CALLS)]
    await server.busy.wait()
    return tasks


@pytest.mark.parametrize("command", [OWN, UVICORN], ids=["own", "uvicorn"])
async def test_no_call_is_lost(tmp_path: Path, command: tuple[str, ...]) -> None:
    """Calls under way at SIGTERM all get their cards; no new connection is taken; then it ends."""
    async with held() as (server, base), started(tmp_path, command) as service:
        calls = await under_way(service, base, server)
        idle_reader, idle = await asyncio.open_connection("127.0.0.1", service.port)
        idle.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        await idle_reader.readuntil(b"}")
        service.stop()
        await service.refuses()
        assert await idle_reader.read() == b""
        assert service.process.returncode is None
        server.free.set()
        answers = await asyncio.gather(*calls)
        ended = await service.process.wait()
        idle.close()
    assert [status(answer) for answer in answers] == [200] * CALLS
    assert all(b'"critical"' in answer for answer in answers)
    assert all(b"connection: close" in answer.lower() for answer in answers)
    # uvicorn raises the signal again when it is done
    assert ended == (0 if command == OWN else -signal.SIGTERM)


async def test_a_request_that_had_begun_to_arrive_is_answered(tmp_path: Path) -> None:
    """A client that was in the midst of its headers when SIGTERM came may finish them."""
    async with started(tmp_path) as service:
        reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
        writer.write(b"GET /healthz HTTP/1.1\r\n")
        await writer.drain()
        await service.say(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        service.stop()
        await service.refuses()
        writer.write(b"Host: x\r\n\r\n")
        assert status(await reader.read()) == 200
        writer.close()
        assert await service.process.wait() == 0


async def test_a_second_signal_ends_it(tmp_path: Path) -> None:
    """Told twice, it cuts off what is under way, says so by its status, and leaves no traceback."""
    async with held() as (server, base), started(tmp_path) as service:
        calls = await under_way(service, base, server)
        service.stop()
        await service.refuses()
        service.stop()
        answers = await asyncio.gather(*calls, return_exceptions=True)
        rest, _ = await service.process.communicate()
        assert service.process.returncode == 1
        assert b"Traceback" not in rest
        assert b"cut off" in rest
        assert all(status(answer) == 503 for answer in answers if isinstance(answer, bytes))


async def test_the_time_allowed_ends_it(tmp_path: Path) -> None:
    """What has not ended within CARDWISE_STOP_SECONDS is cut off."""
    async with (
        held() as (server, base),
        started(tmp_path, CARDWISE_STOP_SECONDS="1") as service,
    ):
        calls = await under_way(service, base, server)
        service.stop()
        await asyncio.gather(*calls, return_exceptions=True)
        assert await service.process.wait() == 1
