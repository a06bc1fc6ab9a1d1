"""Assembles the application."""

from litestar import Litestar
from litestar.config.cors import CORSConfig
from litestar.datastructures import State

from creatorvault.accounts.openapi import REFUSED
from creatorvault.admin.guards import requires_caller
from creatorvault.apps import INSTALLED, sections
from creatorvault.audit.parts import count_auth_failures
from creatorvault.console.catalogue import install_catalogue
from creatorvault.console.process import ANSWERED, in_own_process
from creatorvault.core.documentation.controllers import DocumentationController
from creatorvault.core.http.cors import Origins
from creatorvault.core.http.edge import Edge
from creatorvault.core.http.problems import exception_handlers
from creatorvault.core.openapi.responses import REFUSALS
from creatorvault.core.parts import STATE_KEY, Parts
from creatorvault.core.telemetry.logging import configure_logging
from creatorvault.core.telemetry.tracing import flushed_traces, install_tracing
from creatorvault.figures.counting import install_figures
from creatorvault.management.development import with_development_secrets
from creatorvault.metrics.exposition import install_metrics
from creatorvault.parts import opened_parts
from creatorvault.settings.loading import load_settings
from creatorvault.settings.sections import Environment, ServerSettings, Settings

EXPOSED_HEADERS = [
    *("X-Correlation-ID", "ETag", "Location", "Retry-After", "RateLimit", "RateLimit-Policy"),
    *("Content-Disposition", "X-Undo"),
]


def create_app(settings: Settings | None = None) -> Edge:
    """Raises SettingsError or RootKeysInvalid on invalid settings, and DeclarationsWrong if pages of the console do not
    fit the API. Opens no connection before the lifespan.
    """
    settings = with_development_secrets(settings or load_settings())
    configure_logging(
        settings.logging.level, settings.logging.format, production=settings.environment is Environment.PRODUCTION
    )
    cors = _cors(settings.server)
    app = Edge(
        path_prefix=settings.server.path_prefix,
        route_handlers=[
            *(installed.router for installed in INSTALLED if installed.enabled(settings)),
            DocumentationController,
        ],
        guards=[requires_caller],
        opt={REFUSALS: REFUSED},
        exception_handlers=exception_handlers(),
        cors_config=cors,
        openapi_config=None,  # core.openapi generates the document
        request_max_body_size=settings.server.max_body_bytes,
        lifespan=[flushed_traces, opened_parts],
        logging_config=None,
        state=State({STATE_KEY: Parts(settings)}),
    )
    app.bounds = settings.server
    app.behind_tls = settings.server.behind_tls
    app.origins = Origins(cors)
    app.completion_hooks = (count_auth_failures,)
    install_tracing(app)
    install_metrics(app, settings.metrics)
    install_figures(app, settings)
    if settings.console.enabled:
        install_catalogue(app, sections())
    return app


def create_console_app() -> Litestar:
    """The application of the process that serves only the console. Raises as `create_app`."""
    app = create_app(in_own_process(load_settings()))
    app.answered = ANSWERED
    return app


def _cors(server: ServerSettings) -> CORSConfig:
    return CORSConfig(
        allow_origins=list(server.allowed_origins),
        allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
        allow_headers=["*"],
        allow_credentials=server.allow_credentials,
        expose_headers=EXPOSED_HEADERS,
        max_age=600,
    )
