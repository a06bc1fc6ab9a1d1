"""What the application logs, as an operator's log store would see it."""

import io
import logging
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog


@dataclass
class Logs:
    """`events` are structlog's event dicts as they reach the renderer; `text` is all that was logged."""

    events: list[dict[str, Any]] = field(default_factory=list)
    stream: io.StringIO = field(default_factory=io.StringIO)

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    def named(self, event: str) -> list[dict[str, Any]]:
        return [entry for entry in self.events if entry.get("event") == event]


class _Recorder(logging.Handler):
    """Reads structlog's dict from the record, and renders the record as the application's own handler does."""

    def __init__(self, logs: Logs) -> None:
        super().__init__(logging.NOTSET)
        self.logs = logs

    def emit(self, record: logging.LogRecord) -> None:
        if isinstance(record.msg, dict):
            self.logs.events.append(dict(record.msg))
        renderer = next((handler.formatter for handler in logging.getLogger().handlers if _renders(handler)), None)
        line = renderer.format(logging.makeLogRecord(record.__dict__)) if renderer else record.getMessage()
        self.logs.stream.write(f"{line}\n")


def _renders(handler: logging.Handler) -> bool:
    return isinstance(handler.formatter, structlog.stdlib.ProcessorFormatter)


@contextmanager
def captured_logs() -> Generator[Logs]:
    logs = Logs()
    recorder = _Recorder(logs)
    logging.getLogger().addHandler(recorder)
    try:
        yield logs
    finally:
        logging.getLogger().removeHandler(recorder)
