"""The logs of the application, as an operator's log store receives them."""

import logging
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog

from creatorvault.core.telemetry.logging import PROCESSORS, _Least


@dataclass
class Logs:
    """`events` are our own events before rendering; `text` is the whole log as written."""

    events: list[dict[str, Any]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def named(self, event: str) -> list[dict[str, Any]]:
        return [entry for entry in self.events if entry.get("event") == event]

    def see(self, _logger: object, _method: str, event: dict[str, Any]) -> dict[str, Any]:
        self.events.append(dict(event))
        return event

    def see_rendered(self, _logger: object, _method: str, line: str) -> str:
        self.lines.append(line)
        return line


class _Recorder(logging.Handler):
    """Renders records of libraries as the application's handler does."""

    def __init__(self, logs: Logs) -> None:
        super().__init__(logging.NOTSET)
        self.logs = logs

    def emit(self, record: logging.LogRecord) -> None:
        renderer = next((handler.formatter for handler in logging.getLogger().handlers if _renders(handler)), None)
        line = renderer.format(logging.makeLogRecord(record.__dict__)) if renderer else record.getMessage()
        self.logs.lines.append(line)


def _renders(handler: logging.Handler) -> bool:
    return isinstance(handler.formatter, structlog.stdlib.ProcessorFormatter)


@contextmanager
def captured_logs() -> Generator[Logs]:
    logs = Logs()
    recorder = _Recorder(logs)
    before = list(PROCESSORS)
    # All levels, since the configured level depends on the application that another test has opened last.
    steps = [step for step in before[:-1] if not isinstance(step, _Least)]
    logging.getLogger().addHandler(recorder)
    PROCESSORS[:] = [*steps, logs.see, before[-1], logs.see_rendered]  # type: ignore[list-item]  # of a renderer
    try:
        yield logs
    finally:
        logging.getLogger().removeHandler(recorder)
        PROCESSORS[:] = before
