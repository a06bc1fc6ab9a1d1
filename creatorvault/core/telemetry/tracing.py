"""Optional tracing with OpenTelemetry: it needs the extra `otel` and OTEL_EXPORTER_OTLP_ENDPOINT.

OpenTelemetry's own variables configure export and sampling (OTEL_TRACES_SAMPLER, …).
"""

import os
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, Protocol

from litestar import Litestar
from litestar.datastructures import State

from creatorvault.core.telemetry.logging import get_logger
from creatorvault.core.telemetry.request_context import RequestHook

if TYPE_CHECKING:
    from creatorvault.core.telemetry.spans import Spans

log = get_logger(__name__)

ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
STATE_KEY: Final = "spans"
PACKAGES: Final = "opentelemetry-sdk opentelemetry-exporter-otlp-proto-http"
"""Package names on PyPI. `creatorvault` is not on PyPI, where somebody else could publish its extras."""


class Observed(Protocol):
    """An application with hooks around its requests."""

    request_hooks: Sequence[RequestHook]
    state: State


def install_tracing(app: Observed, environ: Mapping[str, str] = os.environ) -> None:
    """Traces requests if an endpoint is configured; logs a warning if the extra is missing."""
    if not any(environ.get(name) for name in ENDPOINTS):
        return
    try:
        from creatorvault.core.telemetry.spans import exported_spans  # noqa: PLC0415  # the extra may not be installed
    except ImportError:
        log.warning("tracing.unavailable", install=PACKAGES)
        return
    observe_with(app, exported_spans())


def observe_with(app: Observed, spans: "Spans") -> None:
    app.request_hooks = (*app.request_hooks, spans.observe)
    app.state[STATE_KEY] = spans


@asynccontextmanager
async def flushed_traces(app: Litestar) -> AsyncGenerator[None]:
    try:
        yield
    finally:
        spans: Spans | None = app.state.get(STATE_KEY)
        if spans is not None:
            await spans.aclose()
