"""Structured logs: dotted event names with ids and numbers, never content, tokens, keys or SQL parameters."""

import logging
import logging.config
import sys
from datetime import UTC, datetime
from typing import Any, Final, Literal, TextIO, cast

import msgspec
import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from creatorvault.core.telemetry.request_context import CURRENT

LogFormat = Literal["auto", "json", "console"]

_encoder: Final = msgspec.json.Encoder(enc_hook=repr)


class _StandardError:
    """The current standard error output, which may be replaced after a logger was made. It is line-buffered."""

    def write(self, text: str) -> None:
        sys.stderr.write(text)

    def flush(self) -> None:
        """Not needed after a whole line."""


_output: Final = structlog.WriteLogger(cast("TextIO", _StandardError()))


class Logger(structlog.make_filtering_bound_logger(logging.NOTSET)):  # type: ignore[misc]  # a class made by a call
    """Renders JSON in one step. A create takes 8 % longer through the chain of PROCESSORS, which gives the same line
    (`python -m benchmarks.twins --only logging`).
    """

    def _proxy_to_logger(self, method_name: str, event: str | None = None, **values: object) -> None:
        if PROCESSORS[-1] is not _json:
            super()._proxy_to_logger(method_name, event, **values)
        elif _least.passes(method_name):
            line = {**self._context, **values, "event": event, "level": method_name, "timestamp": datetime.now(UTC)}
            sys.stderr.write(_json(self._logger, method_name, _ids(self._logger, method_name, line)) + "\n")


def get_logger(name: str) -> FilteringBoundLogger:
    """Returns a logger that passes its events through PROCESSORS, or does the same faster."""
    logger: FilteringBoundLogger = structlog.wrap_logger(_output, PROCESSORS, Logger)
    return logger.bind(logger=name)


def configure_logging(level: str, log_format: LogFormat, *, production: bool) -> None:
    """Renders our own events directly, and those of libraries in the same format through the standard library.

    `auto` is JSON in production and readable text elsewhere. Tracebacks are rendered without local variables,
    which could contain titles and keys.
    """
    _least.level = logging.getLevelNamesMapping()[level.upper()]
    # Through the records and handlers of the standard library a line costs several times as much, and each
    # request logs one.
    as_json = log_format == "json" or (log_format == "auto" and production)
    PROCESSORS[:] = [
        _least,
        *_COMMON,
        *([_json] if as_json else _readable()),
    ]
    logging.config.dictConfig(_standard_library(level, _of_libraries() if as_json else _readable()))


class _Least:
    """Drops events below `level`."""

    level = logging.NOTSET

    def passes(self, method: str) -> bool:
        return structlog.processors.NAME_TO_LEVEL[method] >= self.level

    def __call__(self, _logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        if not self.passes(method):
            raise structlog.DropEvent
        return event


_least: Final = _Least()


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


_COMMON: Final[list[Processor]] = [
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _ids,
]
PROCESSORS: Final[list[Processor]] = [*_COMMON, *_readable()]
"""Processors of our own events, the renderer last. Configuring changes the list in place."""


def _standard_library(level: str, renderers: list[Processor]) -> dict[str, Any]:
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [structlog.stdlib.add_logger_name, *_COMMON],
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
            }
        },
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "stream": "ext://sys.stderr", "formatter": "structured"}
        },
        "root": {"level": level.upper(), "handlers": ["stderr"]},
        # httpx logs whole URLs at INFO, SQLAlchemy and asyncpg whole statements, which may contain private data.
        # Uvicorn warns of each request that is no HTTP, pgqueuer logs the texts of exceptions.
        "loggers": {
            **{name: {"level": "WARNING"} for name in ("httpx", "httpcore", "sqlalchemy", "asyncpg", "alembic")},
            "uvicorn": {"level": "ERROR"},
            "pgqueuer": {"level": "CRITICAL"},
        },
    }
