"""The service information and health endpoints."""

from typing import Any

from litestar import Controller, Request, Response
from litestar.di import NamedDependency, Provide
from litestar.status_codes import HTTP_200_OK, HTTP_503_SERVICE_UNAVAILABLE
from msgspec import UNSET

from creatorvault import __version__
from creatorvault.core.http.handlers import get
from creatorvault.core.openapi.responses import documents
from creatorvault.core.parts import part_of
from creatorvault.health.dependencies import provide_health
from creatorvault.health.openapi import CONNECTED, DISCONNECTED, NOT_READY, READY, SELF, UP
from creatorvault.health.schemas import SERVICE, DatabaseHealth, ProcessHealth, Readiness, ServiceInformation
from creatorvault.health.services import HealthService
from creatorvault.settings.sections import Settings


class RootController(Controller):
    tags = ["Root"]
    opt = {"public": True}

    @get("/", summary="About the service", sync_to_thread=False, **documents(SELF))
    def root(self, request: Request[Any, Any, Any]) -> ServiceInformation:
        """What this service is, and where its documentation and its health are."""
        prefix = part_of(request.app, Settings).server.path_prefix
        return ServiceInformation(SERVICE, __version__, docs=f"{prefix}/docs", health=f"{prefix}/health")


class HealthController(Controller):
    path = "/health"
    tags = ["Health"]
    opt = {"public": True}
    dependencies = {"health": Provide(provide_health)}

    @get("/", summary="Check the process", sync_to_thread=False, **documents(UP))
    def health_check(self) -> ProcessHealth:
        """Responds if the process is running. Checks nothing else."""
        return ProcessHealth("ok", SERVICE, __version__)

    @get("/db", summary="Check the database", **documents(CONNECTED, DISCONNECTED))
    async def health_check_db(self, health: NamedDependency[HealthService]) -> Response[DatabaseHealth]:
        """Checks whether the database is reachable."""
        if await health.is_connected():
            return Response(DatabaseHealth("ok", "connected"))
        return Response(DatabaseHealth("error", "disconnected"), status_code=HTTP_503_SERVICE_UNAVAILABLE)

    @get("/ready", summary="Check readiness", **documents(READY, NOT_READY))
    async def readiness_check(self, health: NamedDependency[HealthService]) -> Response[Readiness]:
        """Checks everything that a request needs: the database answers a read and accepts writes, its migrations are
        applied, and a root key is usable.
        """
        found = await health.readiness()
        status = "ready" if found.is_ready else "not_ready"
        return Response(
            Readiness(status, found.checks, found.warnings or UNSET),
            status_code=HTTP_200_OK if found.is_ready else HTTP_503_SERVICE_UNAVAILABLE,
        )
