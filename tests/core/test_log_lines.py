"""JSON lines are rendered in one step; the chain of processors gives the same."""

import json
import logging
from collections.abc import Generator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from structlog.typing import EventDict, WrappedLogger

from creatorvault.core.telemetry import logging as ours
from tests.factories import Creator


@pytest.fixture(autouse=True)
def as_json() -> Generator[None]:
    ours.configure_logging("INFO", "json", production=True)
    yield
    ours.configure_logging("DEBUG", "auto", production=False)


def through_the_chain(logger: WrappedLogger, method: str, event: EventDict) -> str:
    return ours._json(logger, method, event)


def written(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    for line in lines:
        assert line["timestamp"].endswith("Z")
        assert abs(datetime.fromisoformat(line.pop("timestamp")) - datetime.now(UTC)).total_seconds() < 3600
    return lines


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"status": 200, "milliseconds": 1.25, "method": "GET", "route": "/é"},
        {"id": UUID(int=7), "set": {1}, "object": object, "none": None},
        {"exc_info": True},
        {"level": "mine", "timestamp": "mine", "logger": "mine"},
    ],
    ids=["nothing", "request", "other types", "an exception", "names of the line's own"],
)
@pytest.mark.parametrize("level", ["debug", "info", "warning", "error", "critical", "exception"])
def test_a_line_has_what_the_chain_gives(
    capsys: pytest.CaptureFixture[str], level: str, values: dict[str, Any]
) -> None:
    log = ours.get_logger("tests").bind(bound="yes")

    def write() -> list[dict[str, Any]]:
        try:
            int("broken")
        except ValueError:
            getattr(log, level)("tests.event", **values)
        return written(capsys)

    direct = write()
    ours.PROCESSORS[-1] = through_the_chain
    assert write() == direct
    assert len(direct) == (0 if level == "debug" else 1)


def test_a_level_is_changed_by_configuring(capsys: pytest.CaptureFixture[str]) -> None:
    log = ours.get_logger("tests")
    for level in ("DEBUG", "WARNING", "CRITICAL"):
        ours.configure_logging(level, "json", production=True)
        for method in ("debug", "info", "warning", "error", "critical"):
            log.log(logging.getLevelNamesMapping()[method.upper()], method)

    assert [line["event"] for line in written(capsys)] == [
        *("debug", "info", "warning", "error", "critical"),
        *("warning", "error", "critical"),
        "critical",
    ]


async def test_a_request_has_its_ids(ada: Creator, capsys: pytest.CaptureFixture[str]) -> None:
    ours.configure_logging("INFO", "json", production=True)  # opening the application has configured it
    answer = await ada.post({"title": "one"})

    [line] = [line for line in written(capsys) if line["event"] == "request"]
    assert line["correlation_id"] == answer.headers["x-correlation-id"]
    assert (line["method"], line["status"], line["level"]) == ("POST", 201, "info")
    assert line.keys() >= {"trace_id", "caller", "logger", "milliseconds", "bytes", "route"}
