"""What all processes know together: one Redis or Valkey, asked with little patience.

A Redis that is dead costs the first few calls that patience, and the others nothing: a breaker lets
one question through every so often, to see whether it is back.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final, TypeVar

from hooks.errors import ConfigurationError, Unavailable
from prefetch.breaker import Breakers

if TYPE_CHECKING:
    from redis.asyncio import BlockingConnectionPool, Redis
    from redis.commands.core import AsyncScript

_log: Final = logging.getLogger("cardwise.shared")
_Answer = TypeVar("_Answer")
_CONNECTIONS: Final = 32
_PATIENCE: Final = 0.5  # seconds for one question, with connecting
_FAILURES: Final = 3
_REST: Final = 2  # seconds between questions to a Redis that is dead
_NAME: Final = "redis"


class Shared:
    """The way to Redis. One per process.

    Attributes:
        fault: why it could not be used when it was last asked; "" when it could.
    """

    def __init__(self, url: str, patience: float = _PATIENCE) -> None:
        """Make it; it connects when it is first asked.

        Args:
            url: redis://, rediss:// (TLS) or unix://.
            patience: seconds after which a question is given up.

        Raises:
            ConfigurationError: the URL cannot be read.
        """
        try:
            # it takes 60 ms, and one process does without
            from redis import RedisError  # noqa: PLC0415
            from redis.asyncio import Redis  # noqa: PLC0415
        except ImportError:
            raise ConfigurationError("CARDWISE_REDIS: install cardwise[redis]") from None
        self.fault = ""
        self._redis = Redis.from_pool(_pool(url))
        self._errors = (RedisError, OSError)  # TimeoutError is an OSError
        self._patience = patience
        self._breakers = Breakers(time.monotonic, _FAILURES, _REST)

    async def ask(self, question: "Callable[[Redis], Awaitable[_Answer]]") -> _Answer:
        """Ask Redis something.

        Raises:
            Unavailable: it cannot be reached, does not answer in time, or cannot do it.
        """
        if not self._breakers.admits(_NAME):
            raise _down()
        try:
            async with asyncio.timeout(self._patience):
                answer = await question(self._redis)
        except self._errors as error:
            self._breakers.failed(_NAME)
            self._note(type(error).__name__)
            raise _down() from None
        except BaseException:  # the caller went away
            self._breakers.gave_up(_NAME)
            raise
        self._breakers.succeeded(_NAME)
        self._note("")
        return answer

    def script(self, lua: str) -> "AsyncScript":
        """A script made ready to be part of a question."""
        return self._redis.register_script(lua)

    async def ready(self) -> str:
        """What keeps it from being relied on, in a few words; "" when nothing does."""
        try:
            memory = await self.ask(lambda redis: redis.info("memory"))
        except Unavailable:
            return f"Redis cannot be used ({self.fault})"
        if memory.get("maxmemory") and memory.get("maxmemory_policy") != "noeviction":
            return "Redis may forget used tokens; set its maxmemory-policy to noeviction"
        return ""

    async def aclose(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    def _note(self, fault: str) -> None:
        """Log what changed; the message of an error may quote the URL, its kind does not."""
        if fault and not self.fault:
            _log.error("Redis cannot be used: %s", fault)
        elif self.fault and not fault:
            _log.warning("Redis can be used again")
        self.fault = fault


def _pool(url: str) -> "BlockingConnectionPool":
    from redis.asyncio import BlockingConnectionPool  # noqa: PLC0415
    from redis.asyncio.retry import Retry  # noqa: PLC0415
    from redis.backoff import NoBackoff  # noqa: PLC0415

    try:
        return BlockingConnectionPool.from_url(
            url,
            max_connections=_CONNECTIONS,
            # the patience bounds each question as a whole, and the breaker says when to ask again
            timeout=None,
            socket_timeout=None,
            socket_connect_timeout=None,
            retry=Retry(NoBackoff(), 1),  # a kept connection may have ended unnoticed
        )
    except (ValueError, TypeError):
        raise ConfigurationError(
            "CARDWISE_REDIS: write a URL such as rediss://user:password@host:6379/0"
        ) from None


def _down() -> Unavailable:
    return Unavailable(
        "The service cannot check calls at present; call again with a new token.", _REST
    )
