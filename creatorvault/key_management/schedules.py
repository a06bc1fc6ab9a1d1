"""Verifies vaults that have changed, so that each has a recent checkpoint although nobody has searched it."""

from datetime import timedelta
from typing import Final

from creatorvault.core.background.declarations import Schedule
from creatorvault.core.database.sealed_data import ProtectedData
from creatorvault.core.database.sessions import run
from creatorvault.core.identifiers import VaultId
from creatorvault.core.parts import Parts
from creatorvault.core.telemetry.logging import get_logger
from creatorvault.key_management.errors import NoOperatorsLogin
from creatorvault.key_management.findings import alarm
from creatorvault.key_management.installation import Installation, installation
from creatorvault.key_management.statements.keys import WITHOUT_CHECKPOINT
from creatorvault.key_management.verification import Verification, Verified
from creatorvault.settings.sections import Settings

log = get_logger(__name__)

EVERY: Final = timedelta(hours=1)
AT_ONCE: Final = 1_000
"""Vaults in one run; the others follow in the next one, the longest unchanged first."""


async def write_checkpoints(parts: Parts) -> None:
    """Verifies vaults that have changed since their checkpoint, and writes a new one for each that is sound.

    Raises an alarm for each finding, and ServiceUnavailable.
    """
    try:
        async with installation(parts[Settings], parts[ProtectedData]) as place:
            verified = await verify_changed(place)
    except NoOperatorsLogin:
        log.warning("checkpoints.not_written", reason="there is no login for operators")
    else:
        log.info("checkpoints.written", vaults=verified.vaults, rows=verified.rows, findings=verified.findings)


async def verify_changed(place: Installation) -> Verified:
    """Raises ServiceUnavailable."""
    verification = Verification(place, alarm)
    async with place.operators.reading() as session:
        vaults = [VaultId(*row) for row in await run(session, WITHOUT_CHECKPOINT, AT_ONCE)]
    for vault in vaults:
        await verification.is_sound(vault)
        verification.result.vaults += 1
    return verification.result


WRITE_CHECKPOINTS: Final = Schedule(name="key_management.write_checkpoints", every=EVERY, run=write_checkpoints)
