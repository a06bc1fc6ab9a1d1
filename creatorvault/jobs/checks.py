"""Checks whether anybody runs the jobs that wait."""

from typing import Final

from creatorvault.core.database.operator_login import operators_statements
from creatorvault.core.database.transient_errors import DRIVER_ERRORS
from creatorvault.core.errors import ServiceUnavailable
from creatorvault.jobs.statements.queue import WAITING
from creatorvault.management.checks import Installation, Message

PATIENCE_SECONDS: Final = 30.0


async def login_check(installation: Installation) -> list[Message]:
    """Returns a warning if this process serves and has no login that runs jobs."""
    database = installation.settings.database
    if database.url is None or database.operator_url is not None:
        return []
    return [
        Message(
            "jobs.W001",
            "Jobs, such as imports, are stored but not run: only the operators' login sees those of all tenants.",
            "Set DATABASE_OPERATOR_URL, where `creatorvault run` or `creatorvault worker` runs jobs.",
        )
    ]


async def waiting_check(installation: Installation) -> list[Message]:
    """Returns nothing if the database is not available or not migrated: other checks say why."""
    statements = operators_statements(installation.settings.database)
    if statements is None:
        return []
    try:
        [(waiting,)] = await statements.rows(WAITING, PATIENCE_SECONDS)
    except (ServiceUnavailable, *DRIVER_ERRORS):
        return []
    finally:
        await statements.close()
    if waiting == 0:
        return []
    return [
        Message(
            "jobs.W002",
            f"{waiting} jobs have been waiting for more than {PATIENCE_SECONDS:.0f} seconds, and nothing runs jobs.",
            "Start `creatorvault worker`, or set jobs.in_server and restart the service.",
        )
    ]
