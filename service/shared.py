"""What all processes know together: one Redis or Valkey, asked with little patience.

Questions that come while others are under way wait for these, and are then sent together: the more
there are, the less each costs. A Redis that is dead costs the first few calls that patience, and
the others nothing: a breaker lets one question through every so often, to see whether it is back.
"""

import asyncio
import logging
import time
from dataclasses import dataclass
from hashlib import sha1
from typing import TYPE_CHECKING, Any, Final

from hooks.errors import ConfigurationError, Unavailable
from prefetch.breaker import Breakers, Position

if TYPE_CHECKING:
    from redis.asyncio import Redis

_log: Final = logging.getLogger("cardwise.shared")
_PATIENCE: Final = 0.5  # seconds for what is sent together, with connecting
_FAILURES: Final = 3
_REST: Final = 2  # seconds between questions to a Redis that is dead
_NAME: Final = "redis"
_Command = tuple[str | bytes | int | float, ...]
_Waiting = tuple[_Command, "asyncio.Future[Any] | None"]


@dataclass(frozen=True)
class Script:
    """What Redis does at once, with no other in between; in Lua."""

    text: str

    @property
    def name(self) -> str:
        """What Redis calls it once it knows it."""
        return sha1(self.text.encode(), usedforsecurity=False).hexdigest()


class Shared:
    """The way to Redis. One per process.

    Attributes:
        fault: why it could not be used when it was last asked; "" when it could.
    """

    def __init__(self, url: str, patience: float = _PATIENCE) -> None:
        """Make it; it connects when it is first asked.

        Args:
            url: redis://, rediss:// (TLS) or unix://.
            patience: seconds after which what was sent is given up.

        Raises:
            ConfigurationError: the URL cannot be read.
        """
        self.fault = ""
        self._redis, self._unknown = _client(url)
        self._patience = patience
        self._breakers = Breakers(time.monotonic, _FAILURES, _REST)
        self._waiting: list[_Waiting] = []
        self._sending: asyncio.Task[None] | None = None

    async def ask(self, *command: str | bytes | float) -> Any:
        """Ask Redis something: a command with its arguments.

        Raises:
            Unavailable: it cannot be reached, does not answer in time, or cannot do it.
        """
        if not self._breakers.admits(_NAME):
            raise _down()
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._put(command, answer)
        found = await answer
        if isinstance(found, Exception):
            raise _down()
        return found

    async def run(self, script: Script, keys: list[str], arguments: list[str | float]) -> Any:
        """Run a script.

        Raises:
            Unavailable: as for `ask`.
        """
        given = (len(keys), *keys, *arguments)
        found = await self.ask("EVALSHA", script.name, *given)
        # it knows none that it was not given since it was started
        return await self.ask("EVAL", script.text, *given) if found is _UNKNOWN else found

    def tell(self, *command: str | bytes | float) -> None:
        """Tell Redis something that nobody waits for, and that it may as well not hear."""
        if self._breakers.position(_NAME) is Position.CLOSED:
            self._put(command, None)

    async def ready(self) -> str:
        """What keeps it from being relied on, in a few words; "" when nothing does."""
        try:
            memory = await self.ask("INFO", "memory")
        except Unavailable:
            return f"Redis cannot be used ({self.fault})"
        if memory.get("maxmemory") and memory.get("maxmemory_policy") != "noeviction":
            return "Redis may forget used tokens; set its maxmemory-policy to noeviction"
        return ""

    async def settled(self) -> None:
        """Wait until everything has been sent and answered."""
        if self._sending:
            await self._sending

    async def aclose(self) -> None:
        """Send what waits, and close the connection."""
        await self.settled()
        await self._redis.aclose()

    def _put(self, command: _Command, answer: "asyncio.Future[Any] | None") -> None:
        self._waiting.append((command, answer))
        if self._sending is None or self._sending.done():
            self._sending = asyncio.ensure_future(self._send_all())

    async def _send_all(self) -> None:
        while self._waiting:
            sent, self._waiting = self._waiting, []
            answers = await self._send([command for command, _ in sent])
            if answers is None:  # those that came meanwhile would fare no better
                sent, self._waiting = sent + self._waiting, []
                answers = [_down()] * len(sent)
            for (_, answer), found in zip(sent, answers, strict=True):
                if answer is not None and not answer.done():  # its caller may have gone away
                    answer.set_result(found)

    async def _send(self, commands: list[_Command]) -> list[Any] | None:
        """The answers, with errors among them; None when there are none to be had."""
        try:
            async with asyncio.timeout(self._patience):
                async with self._redis.pipeline(transaction=False) as pipeline:
                    for command in commands:
                        pipeline.execute_command(*command)
                    found = await pipeline.execute(raise_on_error=False)
        except Exception as error:  # noqa: BLE001 - whatever went wrong, nothing is known
            self._breakers.failed(_NAME)
            self._note(type(error).__name__)
            return None
        self._breakers.succeeded(_NAME)
        answers = [_UNKNOWN if isinstance(one, self._unknown) else one for one in found]
        errors = (type(one).__name__ for one in answers if isinstance(one, Exception))
        self._note(next(errors, ""))
        return answers

    def _note(self, fault: str) -> None:
        """Log what changed; the message of an error may quote the URL, its kind does not."""
        if fault and not self.fault:
            _log.error("Redis cannot be used: %s", fault)
        elif self.fault and not fault:
            _log.warning("Redis can be used again")
        self.fault = fault


_UNKNOWN: Final = object()  # in place of an answer: Redis does not know the script


def _client(url: str) -> "tuple[Redis, type[Exception]]":
    """The client, and its error for a script that Redis does not know."""
    try:
        from redis.asyncio import Redis  # noqa: PLC0415 - 60 ms, and one process does without
        from redis.asyncio.retry import Retry  # noqa: PLC0415
        from redis.backoff import NoBackoff  # noqa: PLC0415
        from redis.exceptions import NoScriptError  # noqa: PLC0415
    except ImportError:
        raise ConfigurationError("CARDWISE_REDIS: install cardwise[redis]") from None
    try:
        client = Redis.from_url(
            url,
            # the patience bounds everything as a whole, and the breaker says when to ask again
            socket_timeout=None,
            socket_connect_timeout=None,
            retry=Retry(NoBackoff(), 1),  # a kept connection may have ended unnoticed
        )
    except (ValueError, TypeError):
        raise ConfigurationError(
            "CARDWISE_REDIS: write a URL such as rediss://user:password@host:6379/0"
        ) from None
    return client, NoScriptError


def _down() -> Unavailable:
    return Unavailable(
        "The service cannot check calls at present; call again with a new token.", _REST
    )
