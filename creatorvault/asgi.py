"""The one screen on which the application is assembled."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from litestar import Litestar
from litestar.config.cors import CORSConfig
from litestar.datastructures import State

from creatorvault.accounts.services import build_verifier
from creatorvault.admin.guards import requires_caller
from creatorvault.admin.operator_keys import operator_keys
from creatorvault.apps import INSTALLED
from creatorvault.audit.auth_failures import AuthFailures, count_auth_failures
from creatorvault.audit.services import AuditLog
from creatorvault.core.database.operator_login import operators_database
from creatorvault.core.database.sessions import Database
from creatorvault.core.database.statements import Statements
from creatorvault.core.documentation.controllers import DocumentationController
from creatorvault.core.http.cors import Origins
from creatorvault.core.http.edge import Edge
from creatorvault.core.http.problems import exception_handlers
from creatorvault.core.limits.rate_limits import build_limits
from creatorvault.core.limits.work_allowance import WorkAllowance
from creatorvault.core.telemetry.logging import configure_logging
from creatorvault.core.telemetry.tracing import flushed_traces, install_tracing
from creatorvault.core.waiting.event_loop_budget import EventLoopBudget
from creatorvault.core.waiting.timeouts import Timeouts
from creatorvault.crypto.keyring import Keyring
from creatorvault.crypto.providers import root_key_provider
from creatorvault.crypto.pseudonyms import pseudonyms_of
from creatorvault.health.probes import Probes
from creatorvault.health.services import HealthService
from creatorvault.ideas.content_search import ContentSearchParts
from creatorvault.ideas.full_reads import FullReads
from creatorvault.ideas.in_doubt import InDoubtIdeas
from creatorvault.ideas.search.cache import SearchCache
from creatorvault.ideas.segments.writer import SegmentWriter
from creatorvault.ideas.text.collation import collation_table
from creatorvault.management.development import with_development_secrets
from creatorvault.metrics.exposition import install_metrics, metrics_port
from creatorvault.settings.loading import load_settings
from creatorvault.settings.sections import Environment, ServerSettings, Settings
from creatorvault.tenants.parts import VaultParts
from creatorvault.tenants.resolution import tenant_id_of
from creatorvault.tenants.revisions import SeenRevisions

EXPOSED_HEADERS = ["X-Correlation-ID", "ETag", "Location", "Retry-After", "RateLimit", "RateLimit-Policy"]


def create_app(settings: Settings | None = None) -> Litestar:
    """Raises SettingsError or RootKeysInvalid when it cannot be assembled; connects to nothing before its lifespan."""
    settings = with_development_secrets(settings or load_settings())
    configure_logging(
        settings.logging.level, settings.logging.format, production=settings.environment is Environment.PRODUCTION
    )
    cors = _cors(settings.server)
    app = Edge(
        path_prefix=settings.server.path_prefix,
        route_handlers=[*(app.router for app in INSTALLED), DocumentationController],
        guards=[requires_caller],
        exception_handlers=exception_handlers(),
        cors_config=cors,
        openapi_config=None,  # core.openapi writes the document
        request_max_body_size=settings.server.max_body_bytes,
        lifespan=[flushed_traces, _parts],
        logging_config=None,
        state=State({"settings": settings}),
    )
    app.bounds = settings.server
    app.behind_tls = settings.server.behind_tls
    app.origins = Origins(cors)
    app.completion_hooks = (count_auth_failures,)
    install_tracing(app)
    install_metrics(app, settings.metrics)
    return app


@asynccontextmanager
async def _parts(app: Litestar) -> AsyncGenerator[None]:
    """What lives as long as the process."""
    settings: Settings = app.state.settings
    root_keys = root_key_provider(settings.encryption)
    app.state.timeouts = Timeouts()
    app.state.database = Database(settings.database)
    app.state.statements = Statements(settings.database)
    app.state.operators_database = operators = operators_database(settings.database)
    app.state.operator_keys = keys = operator_keys(settings.database, operators)
    app.state.audit = AuditLog(root_keys, settings.limits)
    app.state.refused_tokens = AuthFailures(settings, app.state.database, app.state.audit)
    app.state.keyring = Keyring(root_keys, settings.encryption.rotate_after_revisions)
    app.state.revisions = SeenRevisions(settings.database.answer_seconds)
    app.state.search_cache = SearchCache(settings.search)
    app.state.vaults = VaultParts(
        app.state.database,
        app.state.statements,
        app.state.keyring,
        app.state.revisions,
        settings.tenancy,
        [app.state.search_cache.forget],
    )
    app.state.in_doubt = InDoubtIdeas()
    app.state.segment_writer = SegmentWriter(app.state.statements)
    probes = Probes(settings.database)
    app.state.health = HealthService(probes, root_keys)
    app.state.verifier = build_verifier(settings.auth, answer_seconds=settings.database.answer_seconds)
    app.state.tenant_id_of = tenant_id_of
    app.state.pseudonyms = pseudonyms = await pseudonyms_of(root_keys)
    app.state.limits = build_limits(settings.limits, pseudonyms)
    app.state.loop_budget = EventLoopBudget()
    collation_table()  # for which the first request for titles in order would wait
    app.state.searching = ContentSearchParts(
        app.state.search_cache,
        full_reads := FullReads(settings.search, settings.database),
        WorkAllowance(settings.limits, app.state.limits.refused),
        app.state.loop_budget,
        app.state.revisions,
        app.state.segment_writer if settings.search.segments else None,
    )
    try:
        with metrics_port(app):
            yield
    finally:
        await app.state.refused_tokens.aclose()
        await app.state.limits.aclose()
        await app.state.verifier.aclose()
        await probes.aclose()
        if keys is not None:
            await keys.aclose()
        if operators is not None:
            await operators.close()
        await app.state.segment_writer.aclose()
        await full_reads.aclose()
        await app.state.statements.close()
        await app.state.database.close()


def _cors(server: ServerSettings) -> CORSConfig:
    return CORSConfig(
        allow_origins=list(server.allowed_origins),
        allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
        allow_headers=["*"],
        allow_credentials=server.allow_credentials,
        expose_headers=EXPOSED_HEADERS,
        max_age=600,
    )
