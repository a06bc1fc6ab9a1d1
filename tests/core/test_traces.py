"""The trace id of a request in the log."""

from typing import Any

import pytest

from creatorvault.core.telemetry.trace_context import trace_of
from tests.factories import Creator

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"


def scope(*headers: str) -> Any:
    return {"headers": [(b"traceparent", header.encode()) for header in headers]}


async def test_the_callers_trace_is_continued(ada: Creator, logs: Any) -> None:
    await ada.list(headers={"traceparent": f"00-{TRACE}-{SPAN}-01"})

    assert [line["trace_id"] for line in logs.named("request")] == [TRACE]


async def test_without_a_header_each_request_begins_a_trace(ada: Creator, logs: Any) -> None:
    await ada.list()
    await ada.list()

    first, second = (line["trace_id"] for line in logs.named("request"))
    assert first != second
    assert all(len(trace) == 32 and int(trace, 16) for trace in (first, second))


@pytest.mark.parametrize(
    "header",
    [
        f"00-{TRACE}-{SPAN}-00",
        f"00-{TRACE}-{SPAN}-ff",
        pytest.param(f"01-{TRACE}-{SPAN}-01-what-comes-later", id="a later version"),
    ],
)
def test_valid_headers_are_accepted(header: str) -> None:
    trace = trace_of(scope(header))

    assert (trace.trace_id, trace.parent_id) == (TRACE, SPAN)
    assert trace.sampled is (int(header.split("-")[3], 16) & 1 == 1)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param((), id="none"),
        pytest.param(("",), id="empty"),
        pytest.param((f"00-{TRACE}-{SPAN}-01",) * 2, id="two"),
        pytest.param((f"00-{TRACE.upper()}-{SPAN}-01",), id="upper case"),
        pytest.param((f"ff-{TRACE}-{SPAN}-01",), id="forbidden version"),
        pytest.param((f"00-{'0' * 32}-{SPAN}-01",), id="trace of zeros"),
        pytest.param((f"00-{TRACE}-{'0' * 16}-01",), id="span of zeros"),
        pytest.param((f"00-{TRACE}-{SPAN}-01-more",), id="more than version 00 has"),
        pytest.param((f"00-{TRACE}-{SPAN}",), id="too short"),
        pytest.param((f"00-{TRACE[:-1]}g-{SPAN}-01",), id="no hexadecimal"),
        pytest.param((f" 00-{TRACE}-{SPAN}-01",), id="a blank before"),
        pytest.param((f"00-{TRACE}-{SPAN}-01\n",), id="a line break"),
    ],
)
def test_an_invalid_header_begins_a_new_trace(headers: tuple[str, ...]) -> None:
    trace = trace_of(scope(*headers))

    assert trace.trace_id != TRACE
    assert trace.parent_id is None
    assert int(trace.trace_id, 16)
