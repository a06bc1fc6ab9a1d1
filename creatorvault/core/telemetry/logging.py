"""Structured logs: dotted event names with ids and numbers, never content, tokens, keys or SQL parameters."""

import logging
import logging.config
import sys
from datetime import UTC, datetime
from typing import Any, Final, Literal

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from creatorvault.core.telemetry.request_context import CURRENT

LogFormat = Literal["auto", "json", "console"]

_encoder: Final = msgspec.json.Encoder(enc_hook=repr)


class Logger:
    """Passes events through PROCESSORS and writes the result.

    structlog's own loggers, which support bound values, take longer than all the processors together.
    """

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def debug(self, event: str, **fields: object) -> None:
        self._log("debug", event, fields)

    def info(self, event: str, **fields: object) -> None:
        self._log("info", event, fields)

    def warning(self, event: str, **fields: object) -> None:
        self._log("warning", event, fields)

    def error(self, event: str, **fields: object) -> None:
        self._log("error", event, fields)

    def _log(self, method: str, event: str, fields: dict[str, Any]) -> None:
        line: Any = fields
        line["event"] = event
        try:
            for process in PROCESSORS:
                line = process(self, method, line)
        except structlog.DropEvent:
            return
        sys.stderr.write(f"{line}\n")  # to the current standard error output


def get_logger(name: str) -> Logger:
    return Logger(name)


def configure_logging(level: str, log_format: LogFormat, *, production: bool) -> None:
    """Renders our own events directly, and those of libraries in the same format through the standard library.

    `auto` is JSON in production and readable text elsewhere. Tracebacks are rendered without local variables,
    which could contain titles and keys.
    """
    # Through the records and handlers of the standard library a line costs several times as much, and each
    # request logs one.
    as_json = log_format == "json" or (log_format == "auto" and production)
    PROCESSORS[:] = [
        _Least(level),
        _origin,
        *([_json] if as_json else _readable()),
    ]
    logging.config.dictConfig(_standard_library(level, _of_libraries() if as_json else _readable()))


class _Least:
    """Drops events below a level."""

    def __init__(self, level: str) -> None:
        self._level = logging.getLevelNamesMapping()[level.upper()]

    def __call__(self, _logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        if structlog.processors.NAME_TO_LEVEL[method] < self._level:
            raise structlog.DropEvent
        return event


def _origin(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Adds logger, level and time in one step, which is cheaper than one structlog processor for each."""
    event["logger"] = logger.name
    event["level"] = method
    event["timestamp"] = f"{datetime.now(UTC).isoformat().removesuffix('+00:00')}Z"
    return _ids(logger, method, event)


def _ids(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Adds the ids of the current request."""
    if (context := CURRENT.get()) is not None:
        event["correlation_id"] = context.correlation_id
        event["trace_id"] = context.trace.trace_id
    return event


def _of_libraries() -> list[Processor]:
    """Uses the standard library's JSON, which accepts any text that a library may log, including lone surrogates."""
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]


def _readable() -> list[Processor]:
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]


def _json(logger: WrappedLogger, method: str, event: EventDict) -> str:
    if "exc_info" in event:
        event = structlog.processors.format_exc_info(logger, method, event)
    return _encoder.encode(event).decode()


PROCESSORS: Final[list[Processor]] = [_origin, *_readable()]
"""Processors of our own events, the renderer last. Configuring changes the list in place."""


def _standard_library(level: str, renderers: list[Processor]) -> dict[str, Any]:
    before: list[Processor] = [
        _ids,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": before,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
            }
        },
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "stream": "ext://sys.stderr", "formatter": "structured"}
        },
        "root": {"level": level.upper(), "handlers": ["stderr"]},
        # httpx logs whole URLs at INFO, SQLAlchemy and asyncpg whole statements, which may contain private data.
        "loggers": {name: {"level": "WARNING"} for name in ("httpx", "httpcore", "sqlalchemy", "asyncpg", "alembic")},
    }
