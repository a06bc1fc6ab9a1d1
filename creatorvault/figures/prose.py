"""Descriptions and examples of the fields of figures."""

from typing import Final

from creatorvault.core.http.schemas import Prose

SPAN: Final[Prose] = {
    "span": ("`hour` in steps of a minute, `day` in steps of five minutes, or `week` in steps of an hour.", "hour")
}
POINT: Final[Prose] = {
    "at": ("Beginning of the step, UTC. The last step is not over.", "2026-12-01T10:00:00Z"),
    "requests": ("Number of requests that were answered, except those of health checks and metrics.", 1200),
    "errors": ("Number of them that were answered with 5xx.", 0),
    "writes": ("Number of them that were sent to change something: POST, PUT, PATCH and DELETE.", 240),
    "p50_milliseconds": ("Half of them took less time; null if there are none.", 2.1),
    "p95_milliseconds": ("95 % of them took less time; null if there are none.", 8.4),
    "p99_milliseconds": ("99 % of them took less time; null if there are none.", 21.5),
    "vaults": ("Number of vaults; null if nobody has looked.", 40),
    "ideas": ("Number of ideas; null if nobody has looked.", 12_000),
    "sealed_bytes": ("Total size of their ciphertexts in bytes; null if nobody has looked.", 13_000_000),
    "key_versions": ("Number of vaults by the version of their newest key.", {"1": 38, "2": 2}),
    "jobs_waiting": ("Highest number of jobs that waited; null if nobody has looked.", 3),
    "jobs_failed": ("Highest number of jobs that had failed; null if nobody has looked.", 0),
    "alerts": ("Number of alarms by code.", {"tampered": 1}),
}
ALERT: Final[Prose] = {
    "code": ("Code of the alarm.", "tampered"),
    "count": ("Number of such alarms in the span.", 1),
    "last_at": ("Minute of the last one, UTC.", "2026-12-01T10:41:00Z"),
}
SETTING: Final[Prose] = {
    "name": ("Name of the setting; a list of tables has one for each field of each table.", "server.port"),
    "value": ("Value in force; null if there is none. Secrets are masked, and addresses have no password.", "8000"),
    "is_default": ("Whether it is the default.", True),
    "is_secret": ("Whether the setting is a secret.", False),
    "variable": ("Environment variable that sets it; null for a field of a table.", "PORT"),
    "documented_in": ("Page of the documentation that describes it.", "docs/operations/settings.md"),
}
CHECK: Final[Prose] = {
    "id": ("Id of the finding, whose meaning never changes.", "core.W007"),
    "level": ("`error` or `warning`.", "warning"),
    "text": ("What was found.", "app owns the database."),
    "hint": ("What helps; may be empty.", "Give DATABASE_URL a login of its own."),
}
CHECKS: Final[Prose] = {
    "checked_at": ("Time of the end of the checks, UTC.", "2026-12-01T10:00:00Z"),
    "seconds": ("How long they took.", 0.2),
    "errors": ("Number of errors.", 0),
    "warnings": ("Number of warnings.", 1),
}
READINESS: Final[Prose] = {
    "ready": ("Whether the responding process can handle requests.", True),
    "checks": ("`ok` or `failed` for each check.", {"api": "ok", "database": "ok", "root_key": "ok"}),
    "warnings": ("What to look at, although the service is ready.", {"root_key": "unavailable"}),
}
