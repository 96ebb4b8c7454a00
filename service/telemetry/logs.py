"""The log: one line an event on standard error, as JSON or as text, with the request's id on it.

A message is a fixed text; what varies are facts beside it, each of our own wording. What libraries
say is left out but for where they said it, since their words may quote what they were given: URLs
with patient ids, headers with tokens, the text of an exception.
"""

import logging
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, Literal

from pythonjsonlogger.core import LogData
from pythonjsonlogger.msgspec import MsgspecFormatter

from service.telemetry import exchange as exchanges
from service.telemetry.exchange import trace_id

Level = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
Form = Literal["json", "text"]
_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
# Uvicorn's warnings are fixed texts. Its access log quotes paths, and stays off: we have our own.
_PLAIN_SPOKEN: Final = ("cardwise", "uvicorn")


def configure(level: Level, form: Form) -> None:
    """Send every logger's lines to standard error. Ours from `level`, others' from WARNING."""
    # what no line says need not be found out
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = logging.StreamHandler()
    handler.setFormatter(Json() if form == "json" else Text())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("cardwise").setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.setLevel(logging.WARNING)
        logger.propagate = name != "uvicorn.access"


class Json(MsgspecFormatter):
    """A JSON object a line."""

    def add_fields(
        self, log_data: LogData, record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        """Put in what the line says, and no other attribute of the record."""
        del message_dict
        log_data |= _told(record)

    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802 - the library's name
        """Nothing: `_told` says what kind of exception it was, and where."""
        del ei
        return ""


class Text(logging.Formatter):
    """Time, level, logger and message, then `name=value` for each fact."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        told = _told(record)
        head = [str(told.pop(name)) for name in ("time", "level", "logger", "message")]
        return " ".join([*head, *(f"{name}={_plain(value)}" for name, value in told.items())])


def frames(error: BaseException) -> str:
    """Where it happened. The message is left out: it may quote what was sent."""
    found = traceback.extract_tb(error.__traceback__)[-4:]
    return " < ".join(f"{f.filename.rpartition('/')[2]}:{f.lineno}" for f in reversed(found))


def _told(record: logging.LogRecord) -> dict[str, Any]:
    """What a line says."""
    told = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname,
        "logger": record.name,
        "message": _message(record),
    }
    if exchange := exchanges.current():
        told["request_id"] = exchange.id
        if exchange.traceparent:
            told["trace_id"] = trace_id(exchange.traceparent)
    if record.exc_info and (error := record.exc_info[1]):
        told |= {"error": type(error).__name__, "at": frames(error)}
    return told | getattr(record, "facts", {})


def _message(record: logging.LogRecord) -> str:
    if record.name.partition(".")[0] in _PLAIN_SPOKEN:
        return record.getMessage()
    return f"a message of a library at {record.module}:{record.lineno}"


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return ",".join(f"{name}:{inner}" for name, inner in value.items())
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
