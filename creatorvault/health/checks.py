"""Checks whether creators' requests can read the database."""

from typing import Final

from creatorvault.core.database.transient_errors import DRIVER_ERRORS, described, sqlstate
from creatorvault.core.errors import ServiceUnavailable
from creatorvault.health.probes import Probes
from creatorvault.management.checks import Installation, Message

INSUFFICIENT_PRIVILEGE: Final = "42501"
HINT: Final = "Is the database as `creatorvault database upgrade` left it? On Citus, set database.distributed."


async def reads_check(installation: Installation) -> list[Message]:
    """Returns nothing if the database is not available, not migrated or closed to the login: other checks say why."""
    if installation.settings.database.url is None:
        return []
    probes = Probes(installation.settings.database)
    try:
        if (await probes.standing()).serves:
            await probes.read()
    except ServiceUnavailable:
        return []
    except DRIVER_ERRORS as error:
        if sqlstate(error) != INSUFFICIENT_PRIVILEGE:
            return [Message("health.E001", f"Requests cannot read the database: {described(error)}.", HINT)]
    finally:
        await probes.aclose()
    return []
