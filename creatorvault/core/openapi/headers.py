"""Documentation of response headers."""

from collections.abc import Iterable
from typing import Any, Final

CORRELATION_ID: Final = "X-Correlation-ID"
ETAG: Final = "ETag"
LOCATION: Final = "Location"
CONTENT_DISPOSITION: Final = "Content-Disposition"
RATE_LIMIT: Final = "RateLimit"
RATE_LIMIT_POLICY: Final = "RateLimit-Policy"
UNDO: Final = "X-Undo"

TEXT: Final = {"type": "string"}

HEADERS: Final[dict[str, dict[str, Any]]] = {
    CORRELATION_ID: {
        "description": "Identifies the request in the service's log. A well-formed value from the client is kept.",
        "schema": TEXT,
        "example": "0b8a3f52-1d07-4c0f-9a5e-6f0d3c2b7a19",
    },
    ETAG: {
        "description": "Version of the idea, which changes with every change to the idea (RFC 9110 §8.8.3).",
        "schema": TEXT,
        "example": '"42"',
    },
    CONTENT_DISPOSITION: {
        "description": "Name of the file (RFC 6266).",
        "schema": TEXT,
        "example": 'attachment; filename="creatorvault-2026-11-30.jsonl"',
    },
    LOCATION: {
        "description": "Path of the new resource.",
        "schema": {"type": "string", "format": "uri-reference"},
        "example": "/api/v1/user-1/ideas/7d0a5c86-3f0e-4a53-9d1b-2f6f0a9f4c11",
    },
    RATE_LIMIT: {
        "description": "The limit that applied, the remaining requests, and the seconds until it is reset.",
        "schema": TEXT,
        "example": '"writes";r=0;t=17',
    },
    RATE_LIMIT_POLICY: {
        "description": "The limit that applied, its number of requests, and its window in seconds.",
        "schema": TEXT,
        "example": '"writes";q=120;w=60',
    },
    UNDO: {
        "description": "Undoes the deletion for ten minutes: `POST /api/v1/{user_id}/undo`. Missing if the vault keeps "
        "no deleted ideas.",
        "schema": TEXT,
        "example": "AQEAAAABnGkr2Zx0pXvT4mQ8c1dYh7eWUoFqbS3KJzVt6aMfRyG5CuNlPiHwEk9DsBxg0OvI2jTQ7rAmLZ4nXdYc8UfhKp1bSe",
    },
    "Retry-After": {
        "description": "Seconds to wait before a retry may succeed.",
        "schema": {"type": "integer", "minimum": 0},
        "example": 1,
    },
    "WWW-Authenticate": {
        "description": "How to authenticate (RFC 6750 §3).",
        "schema": TEXT,
        "example": "Bearer",
    },
}


def on_every_response() -> tuple[str, ...]:
    return (CORRELATION_ID,)


def references(names: Iterable[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
