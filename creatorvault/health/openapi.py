"""What the OpenAPI document says of the service and its health."""

from http import HTTPStatus
from typing import ClassVar, Final

from msgspec import Struct

from creatorvault import __version__
from creatorvault.core.http.schemas import Prose
from creatorvault.core.openapi.answers import Answer

SERVICE: Final = "creatorvault-backend"


class DatabaseHealth(Struct):
    """Whether the database answers."""

    described: ClassVar[Prose] = {
        "status": ("`ok` or `error`.", "error"),
        "database": ("`connected` or `disconnected`.", "disconnected"),
    }

    status: str
    database: str


class Readiness(Struct):
    """Whether everything that a request needs is there."""

    described: ClassVar[Prose] = {
        "status": ("`ready` or `not_ready`.", "not_ready"),
        "checks": (
            "Each part by name, and `ok` or `failed`.",
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


SELF: Final = Answer(
    description="What this is.",
    examples={
        "CreatorVault": {"service": SERVICE, "version": __version__, "docs": "/docs", "health": "/health"},
    },
)
UP: Final = Answer(
    description="The process answers.", examples={"Up": {"status": "ok", "service": SERVICE, "version": __version__}}
)
CONNECTED: Final = Answer(
    description="The database answers.", examples={"Connected": {"status": "ok", "database": "connected"}}
)
DISCONNECTED: Final = Answer(
    description="The database does not answer.", status=HTTPStatus.SERVICE_UNAVAILABLE, model=DatabaseHealth
)
READY: Final = Answer(
    description="Requests can be served.",
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
NOT_READY: Final = Answer(
    description="A part is missing: send requests elsewhere.",
    status=HTTPStatus.SERVICE_UNAVAILABLE,
    model=Readiness,
)
