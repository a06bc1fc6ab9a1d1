"""Structured logs: dotted event names with ids and numbers. Content, tokens, keys and SQL parameters never get here."""

import logging
import logging.config
import sys
from typing import Any, Literal

import structlog
from structlog.stdlib import BoundLogger
from structlog.typing import Processor

LogFormat = Literal["auto", "json", "console"]


def get_logger(name: str) -> BoundLogger:
    logger: BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def configure_logging(level: str, log_format: LogFormat, *, production: bool) -> None:
    """Route structlog and the standard library through one renderer to stderr.

    `auto` is JSON in production and readable text elsewhere. Tracebacks are rendered without local variables,
    which would carry titles and keys.
    """
    as_json = log_format == "json" or (log_format == "auto" and production)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    logging.config.dictConfig(_standard_library(level, [*shared], _renderers(as_json=as_json)))


def _renderers(*, as_json: bool) -> list[Processor]:
    if as_json:
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]


def _standard_library(level: str, shared: list[Processor], renderers: list[Processor]) -> dict[str, Any]:
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared,
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
