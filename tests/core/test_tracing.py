"""OpenTelemetry spans, read from an in-memory exporter."""

import re
import sys
import tomllib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from creatorvault.core.http.edge import Edge
from creatorvault.core.telemetry.logging import configure_logging
from creatorvault.core.telemetry.spans import Spans
from creatorvault.core.telemetry.tracing import STATE_KEY, install_tracing, observe_with
from tests.application import House
from tests.logs import captured_logs

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"

type HouseWith = Callable[..., Awaitable[House]]


class Traced:
    def __init__(self, house: House, exporter: InMemorySpanExporter) -> None:
        self.house = house
        self._exporter = exporter

    def spans(self) -> list[Any]:
        self.house.app.state[STATE_KEY]._provider.force_flush()
        return list(self._exporter.get_finished_spans())


@pytest.fixture
async def traced(house_with: HouseWith) -> Traced:
    house = await house_with()
    assert isinstance(house.app, Edge)
    exporter = InMemorySpanExporter()
    observe_with(house.app, Spans(exporter))
    return Traced(house, exporter)


async def test_each_request_is_a_span_named_after_its_route(traced: Traced) -> None:
    ada = traced.house.creator()

    await ada.post({"title": "one"})

    [span] = traced.spans()
    assert span.name == "POST /api/v1/{user_id}/ideas"
    assert span.kind is SpanKind.SERVER
    assert span.attributes["http.response.status_code"] == 201
    assert span.resource.attributes["service.name"] == "creatorvault"


async def test_it_continues_the_callers_trace(traced: Traced) -> None:
    with captured_logs() as logs:
        await traced.house.creator().list(headers={"traceparent": f"00-{TRACE}-{SPAN}-01"})

    [span] = traced.spans()
    assert f"{span.context.trace_id:032x}" == TRACE
    assert f"{span.parent.span_id:016x}" == SPAN
    assert [line["trace_id"] for line in logs.named("request")] == [TRACE]


async def test_the_callers_sampling_decision_is_respected(traced: Traced) -> None:
    await traced.house.creator().list(headers={"traceparent": f"00-{TRACE}-{SPAN}-00"})

    assert traced.spans() == []


async def test_a_new_trace_has_the_same_id_in_the_log(traced: Traced) -> None:
    with captured_logs() as logs:
        await traced.house.creator().list()

    [span] = traced.spans()
    assert [line["trace_id"] for line in logs.named("request")] == [f"{span.context.trace_id:032x}"]


async def test_a_span_contains_nothing_private(traced: Traced) -> None:
    secret = f"secret{uuid4().hex}"
    ada = traced.house.creator()

    idea = await ada.idea(secret, notes=secret, tags=[secret])
    await ada.list({"search": secret})
    await ada.get(idea)

    text = "".join(span.to_json() for span in traced.spans())
    for private in (secret, ada.user_id, ada.token, idea["id"]):
        assert private not in text


async def test_an_error_of_ours_marks_its_span(traced: Traced) -> None:
    del traced.house.parts.ideas.searching

    answer = await traced.house.creator().list({"search": "x"})

    assert answer.status_code == 500
    [span] = traced.spans()
    assert span.status.status_code is StatusCode.ERROR
    assert not span.events


def test_nothing_is_traced_unless_configured() -> None:
    app = Edge()

    install_tracing(app, {})

    assert app.request_hooks == ()


async def test_an_endpoint_enables_tracing() -> None:
    app = Edge()

    install_tracing(app, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"})

    assert len(app.request_hooks) == 1
    await app.state[STATE_KEY].aclose()


def test_an_endpoint_without_the_extra_logs_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    configure_logging("DEBUG", "auto", production=False)
    monkeypatch.setitem(sys.modules, "creatorvault.core.telemetry.spans", None)
    app = Edge()

    with captured_logs() as logs:
        install_tracing(app, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"})

    assert app.request_hooks == ()
    [warning] = logs.named("tracing.unavailable")
    extra = tomllib.loads(Path("pyproject.toml").read_text())["project"]["optional-dependencies"]["otel"]
    assert sorted(warning["install"].split()) == sorted(re.split(r"[<>=]", needed)[0] for needed in extra)
