"""Exposes the metrics: on a separate port, or at /metrics with a token."""

import errno
import random
import secrets
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any, Final
from wsgiref.simple_server import WSGIServer

from litestar import Request, Response
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from prometheus_client import CollectorRegistry, GCCollector, ProcessCollector, generate_latest, start_http_server
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from creatorvault.accounts.errors import NotAuthenticated
from creatorvault.accounts.guards import bearer_token
from creatorvault.core.http.edge import Edge
from creatorvault.core.http.handlers import PUBLIC, get
from creatorvault.core.parts import Parts, parts_of
from creatorvault.core.telemetry.logging import get_logger
from creatorvault.core.telemetry.metrics import MetricSource
from creatorvault.metrics.collector import AppMetrics
from creatorvault.metrics.recorder import Recorder
from creatorvault.settings.secret import Secret
from creatorvault.settings.sections import MetricsSettings, Settings

log = get_logger(__name__)

ATTEMPTS: Final = 3
LONGEST_PAUSE_SECONDS: Final = 0.1


def install_metrics(app: Edge, settings: MetricsSettings) -> None:
    """Installs the recorder and /metrics if the settings allow anyone to read them; otherwise does nothing."""
    if settings.port is None and settings.token is None:
        return
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    GCCollector(registry=registry)
    app.request_hooks = (*app.request_hooks, Recorder(registry).observe)
    parts_of(app).add(registry)
    if settings.token is not None:
        app.register(_route(registry, settings.token))


@contextmanager
def shown_metrics(parts: Parts, sources: Sequence[MetricSource]) -> Generator[None]:
    """Exposes the metrics while the parts that `sources` read are open."""
    registry = parts.get(CollectorRegistry)
    if registry is None:
        yield
        return
    collector = AppMetrics(parts, sources)
    registry.register(collector)
    try:
        with _port(registry, parts[Settings]):
            yield
    finally:
        registry.unregister(collector)


@contextmanager
def _port(registry: CollectorRegistry, settings: Settings) -> Generator[None]:
    first = settings.metrics.port
    if first is None:
        yield
        return
    port, server = _first_free(range(first, first + settings.server.workers), settings.metrics.host, registry)
    log.info("metrics.listening", host=settings.metrics.host, port=port)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def _route(registry: CollectorRegistry, token: Secret) -> HTTPRouteHandler:
    @get("/metrics", opt={PUBLIC: True}, include_in_schema=False, sync_to_thread=False)
    def metrics(request: Request[Any, Any, State]) -> Response[bytes]:
        """Requires the metrics token, which is not a user's and is valid only here. Raises NotAuthenticated."""
        if not secrets.compare_digest(bearer_token(request).encode(), token.reveal().encode()):
            raise NotAuthenticated
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return metrics


def _first_free(ports: range, host: str, registry: CollectorRegistry) -> tuple[int, WSGIServer]:
    """Workers are identical and do not know their numbers: each takes the first free port. Raises OSError.

    Two that begin to listen at the same moment can both fail, so ports are tried more than once.
    """
    *before, last = [*ports] * ATTEMPTS
    for port in before:
        try:
            return port, start_http_server(port, host, registry)[0]
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            time.sleep(random.uniform(0, LONGEST_PAUSE_SECONDS))  # noqa: S311 - so that they do not meet again
    return last, start_http_server(last, host, registry)[0]
