"""The key of the audit trail: it hides ids, and seals rows so that a change shows.

An id is hashed with HMAC-SHA256. Without the key, nobody can try out ids until one fits; with it,
an auditor can find a patient's calls.
"""

import contextlib
import hmac
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from hooks.errors import ConfigurationError
from service.store.database import folder_of, url_of

_NAME: Final = "audit.key"
_BYTES: Final = 32


class AuditKey:
    """Hashes ids, and seals rows, each with a key of its own made from the one that was set."""

    def __init__(self, secret: str) -> None:
        """Derive the keys."""
        self._ids = hmac.digest(secret.encode(), b"cardwise audit: ids", "sha256")
        self._seals = hmac.digest(secret.encode(), b"cardwise audit: seals", "sha256")

    def hashed(self, tenant: str, kind: str, value: str) -> str:
        """An id, hashed: the same for the same id of the same kind at the same tenant."""
        named = f"{tenant}\0{kind}\0{value}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._ids, named, "sha256").hex()

    def seal(self, previous: str, values: Sequence[Any]) -> str:
        """The seal of a row that follows one with the seal `previous`, "" for the first."""
        content = msgspec.json.encode((previous, *values))
        return hmac.digest(self._seals, content, "sha256").hex()


def development_key(database: str) -> AuditKey:
    """The key beside the database, made when it is not there; readable by its owner only.

    Raises:
        ConfigurationError: it can be neither read nor made.
    """
    path = folder_of(url_of(database)) / _NAME
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _make(path)
        return AuditKey(path.read_text("ascii"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"{path}: the audit key cannot be read ({type(error).__name__}); set CARDWISE_AUDIT_KEY"
        ) from None


def _make(path: Path) -> None:
    """Make the file where there is none: whole at once, so that no other process reads half."""
    if path.exists():
        return
    draft = path.with_name(f"{_NAME}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_hex(_BYTES))
    with contextlib.suppress(FileExistsError):  # another process was faster: its key is everybody's
        path.hardlink_to(draft)
    draft.unlink()
