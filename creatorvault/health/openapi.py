"""Descriptions and examples of the health endpoints for the OpenAPI document."""

from http import HTTPStatus
from typing import Final

from creatorvault import __version__
from creatorvault.core.openapi.responses import DocumentedResponse
from creatorvault.health.schemas import SERVICE, DatabaseHealth, Readiness

SELF: Final = DocumentedResponse(
    description="Information about the service.",
    examples={
        "CreatorVault": {"service": SERVICE, "version": __version__, "docs": "/docs", "health": "/health"},
    },
)
UP: Final = DocumentedResponse(
    description="The process is running.", examples={"Up": {"status": "ok", "service": SERVICE, "version": __version__}}
)
CONNECTED: Final = DocumentedResponse(
    description="The database is reachable.", examples={"Connected": {"status": "ok", "database": "connected"}}
)
DISCONNECTED: Final = DocumentedResponse(
    description="The database is not reachable.", status=HTTPStatus.SERVICE_UNAVAILABLE, model=DatabaseHealth
)
READY: Final = DocumentedResponse(
    description="The service can handle requests.",
    examples={
        "Ready": {
            "status": "ready",
            "checks": {
                "api": "ok",
                "database": "ok",
                "database_writable": "ok",
                "prepared_statements": "ok",
                "migrations": "ok",
                "root_key": "ok",
            },
        }
    },
)
NOT_READY: Final = DocumentedResponse(
    description="A check failed: do not route requests to this process.",
    status=HTTPStatus.SERVICE_UNAVAILABLE,
    model=Readiness,
)
