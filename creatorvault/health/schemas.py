"""Response schemas of the health endpoints."""

from collections.abc import Mapping
from typing import ClassVar

from msgspec import UNSET, Struct, UnsetType

from creatorvault import __version__
from creatorvault.core.http.schemas import Prose

SERVICE = "creatorvault-backend"


class ServiceInformation(Struct):
    """What this service is."""

    described: ClassVar[Prose] = {
        "service": ("Name of the service.", SERVICE),
        "version": ("Version of the service.", __version__),
        "docs": ("Path of the documentation.", "/docs"),
        "health": ("Path of the health check.", "/health"),
    }

    service: str
    version: str
    docs: str
    health: str


class ProcessHealth(Struct):
    """Whether the process is running."""

    described: ClassVar[Prose] = {
        "status": ("Always `ok`.", "ok"),
        "service": ("Name of the service.", SERVICE),
        "version": ("Version of the service.", __version__),
    }

    status: str
    service: str
    version: str


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
        "warnings": ("What an operator should look at, although the service is ready.", {"root_key": "unavailable"}),
    }

    status: str
    checks: Mapping[str, str]
    warnings: Mapping[str, str] | UnsetType = UNSET
