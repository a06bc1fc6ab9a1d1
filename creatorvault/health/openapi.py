"""Descriptions and examples of the health endpoints for the OpenAPI document."""

from http import HTTPStatus
from typing import ClassVar, Final

from msgspec import Struct

from creatorvault import __version__
from creatorvault.core.http.schemas import Prose
from creatorvault.core.openapi.responses import DocumentedResponse

SERVICE: Final = "creatorvault-backend"


class DatabaseHealth(Struct):
    """Whether the database is reachable."""

    described: ClassVar[Prose] = {
        "status": ("`ok` or `error`.", "error"),
        "database": ("`connected` or `disconnected`.", "disconnected"),
    }

    status: str
    database: str


class Readiness(Struct):
    """Whether the service can handle requests."""

    described: ClassVar[Prose] = {
        "status": ("`ready` or `not_ready`.", "not_ready"),
        "checks": (
            "`ok` or `failed` for each check.",
            {
                "api": "ok",
                "database": "ok",
                "database_writable": "ok",
                "prepared_statements": "ok",
                "migrations": "failed",
                "root_key": "ok",
            },
        ),
    }

    status: str
    checks: dict[str, str]


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
