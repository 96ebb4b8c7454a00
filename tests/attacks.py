"""What every attack must meet: the right refusal, nothing fetched, nothing said."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.callers import JKU, Caller
from tests.door import Door

# The public words of a token that an answer may contain: the service's own address among them.
_HARMLESS = ("https://cds.test", "ES384", "RS384", "JWT")


@dataclass(frozen=True)
class Attack:
    """One hostile token.

    Attributes:
        name: what it tries.
        make: the token, made by a caller who may hold the right key.
        reason: the one word it is refused with.
        fetches: whether it may cause the one allowed key set to be read.
    """

    name: str
    make: Callable[[Caller], str]
    reason: str
    fetches: bool = False


def table(attacks: list[Attack]) -> pytest.MarkDecorator:
    """A test for each attack, by its name."""
    return pytest.mark.parametrize("attack", attacks, ids=[a.name for a in attacks])


async def meet(door: Door, attack: Attack, caller: Caller, log: pytest.LogCaptureFixture) -> None:
    """Send the token, and check everything that must hold."""
    token = attack.make(caller)
    with log.at_level("DEBUG"):
        answer = await door.knock({"Authorization": f"Bearer {token}"})
    refused(answer, attack.reason)
    assert door.keys.asked == ([JKU] if attack.fetches else [])
    assert await door.refusals() == {attack.reason: 1}
    spoken = answer.text + str(answer.headers) + _ours(log)
    for word in words_of(token):
        assert word not in spoken


def refused(answer: httpx.Response, reason: str) -> None:
    """It is a 401 with that reason and an OperationOutcome, and no cards."""
    assert answer.status_code == 401, answer.text
    challenge = answer.headers["www-authenticate"]
    if reason == "missing":
        assert challenge == "Bearer"
    else:
        assert challenge == f'Bearer error="invalid_token", error_description="{reason}"'
    outcome = answer.json()
    assert outcome["resourceType"] == "OperationOutcome"
    assert len(outcome["issue"]) == 1
    assert "cards" not in outcome


def words_of(token: str) -> set[str]:
    """The parts of a token, and every text in it, that must not come back."""
    words = {part for part in token.split(".") if len(part) > 8}
    for part in token.split(".")[:2]:
        try:
            words |= set(_texts(json.loads(urlsafe_b64decode(part + "==="))))
        except (ValueError, RecursionError):
            continue
    return {word for word in words if not word.startswith(_HARMLESS)}


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value] if len(value) > 4 else []
    if isinstance(value, dict):
        value = list(value.values())
    return [text for item in value for text in _texts(item)] if isinstance(value, list) else []


def _ours(log: pytest.LogCaptureFixture) -> str:
    """What our own loggers wrote. The test's own HTTP client logs what it sends."""
    lines = [r.getMessage() for r in log.records if r.name.startswith("cardwise")]
    return "\n".join(lines)
