"""An OpenTelemetry span for each request, without path, query, addresses or ids of users.

Needs the extra `otel`; `creatorvault.core.telemetry.tracing` imports this module if an endpoint is configured.
"""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Final

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)

from creatorvault.core.telemetry.request_context import RequestContext
from creatorvault.core.telemetry.trace_context import Trace

SERVICE: Final = Resource({"service.name": "creatorvault"})


class Spans:
    """A context manager of the edge, whose span is the current one during the request."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._provider = TracerProvider(resource=SERVICE.merge(OTELResourceDetector().detect()))
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer(__name__)

    @contextmanager
    def observe(self, request_context: RequestContext) -> Generator[None]:
        with self._tracer.start_as_current_span(
            request_context.method, context=_caller(request_context.trace), kind=SpanKind.SERVER
        ) as span:
            request_context.trace = request_context.trace._replace(trace_id=f"{span.get_span_context().trace_id:032x}")
            try:
                yield
            finally:
                span.update_name(f"{request_context.method} {request_context.route}")
                span.set_attributes(
                    {
                        "http.request.method": request_context.method,
                        "http.route": request_context.route,
                        "http.response.status_code": request_context.status,
                        "http.response.body.size": request_context.bytes_out,
                        "creatorvault.correlation_id": request_context.correlation_id,
                    }
                )
                if request_context.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                    span.set_status(StatusCode.ERROR)

    async def aclose(self) -> None:
        """Sends remaining spans, limited by the exporter's timeout."""
        await asyncio.to_thread(self._provider.shutdown)


def exported_spans() -> Spans:
    """Returns an exporter, configured by OpenTelemetry's own variables."""
    return Spans(OTLPSpanExporter())


def _caller(trace: Trace) -> Context:
    """Returns the caller's span as the parent, so that its sampling decision is respected."""
    if trace.parent_id is None:
        return Context()
    flags = TraceFlags(TraceFlags.SAMPLED if trace.sampled else TraceFlags.DEFAULT)
    parent = SpanContext(int(trace.trace_id, 16), int(trace.parent_id, 16), is_remote=True, trace_flags=flags)
    return set_span_in_context(NonRecordingSpan(parent), Context())
