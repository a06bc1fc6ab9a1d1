"""Structured logs: dotted event names with ids and numbers. Content, tokens, keys and SQL parameters never get here."""

import logging
import logging.config
import sys
from datetime import UTC, datetime
from typing import Any, Final, Literal, cast

import msgspec
import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from creatorvault.core.exchanges import CURRENT

LogFormat = Literal["auto", "json", "console"]

PROCESSORS: Final[list[Processor]] = []
"""What each of our own events goes through, the renderer last. Loggers keep this very list, so it changes in place."""

_encoder: Final = msgspec.json.Encoder(enc_hook=repr)


def get_logger(name: str) -> FilteringBoundLogger:
    return cast("FilteringBoundLogger", structlog.get_logger(name))


def configure_logging(level: str, log_format: LogFormat, *, production: bool) -> None:
    """Our own events are rendered and written by themselves, those of libraries alike behind the standard library.

    `auto` is JSON in production and readable text elsewhere. Tracebacks are rendered without local variables,
    which would carry titles and keys.
    """
    # Through the standard library's records and handlers, as libraries log, a line costs several times as much; each
    # request leaves one.
    as_json = log_format == "json" or (log_format == "auto" and production)
    PROCESSORS[:] = [
        _Least(level),
        _origin,
        *([_json] if as_json else _readable()),
    ]
    structlog.configure(
        processors=PROCESSORS,
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
        logger_factory=_Lines,
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(_standard_library(level, _of_libraries() if as_json else _readable()))


class _Least:
    """Drops what is below a level."""

    def __init__(self, level: str) -> None:
        self._level = logging.getLevelNamesMapping()[level.upper()]

    def __call__(self, _logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        if structlog.processors.NAME_TO_LEVEL[method] < self._level:
            raise structlog.DropEvent
        return event


class _Lines:
    """Writes to what is the standard error output at that moment."""

    def __init__(self, name: str = "") -> None:
        self.name = name

    def msg(self, line: str) -> None:
        sys.stderr.write(f"{line}\n")

    debug = info = warning = error = critical = exception = msg


def _origin(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Where and when: what structlog's own processors would add one by one, with less ado for each line."""
    event["logger"] = logger.name
    event["level"] = method
    event["timestamp"] = f"{datetime.now(UTC).replace(tzinfo=None).isoformat()}Z"
    return _ids(logger, method, event)


def _ids(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Which request an event belongs to."""
    if (exchange := CURRENT.get()) is not None:
        event["correlation_id"] = exchange.correlation_id
        event["trace_id"] = exchange.trace.trace_id
    return event


def _of_libraries() -> list[Processor]:
    """The standard library's JSON, since it takes every text that a library may log, lone surrogates included."""
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]


def _readable() -> list[Processor]:
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]


def _json(logger: WrappedLogger, method: str, event: EventDict) -> str:
    if "exc_info" in event:
        event = structlog.processors.format_exc_info(logger, method, event)
    return _encoder.encode(event).decode()


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
        # httpx logs whole URLs at INFO, SQLAlchemy and asyncpg whole statements: none of that is ours to print.
        "loggers": {name: {"level": "WARNING"} for name in ("httpx", "httpcore", "sqlalchemy", "asyncpg", "alembic")},
    }
