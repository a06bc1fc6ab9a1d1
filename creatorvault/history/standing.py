"""What a purge works with, and the state of a vault that may be purged."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from creatorvault.core.database.sessions import Database, WriteSession, run
from creatorvault.core.identifiers import KeyVersion, VaultId
from creatorvault.crypto.cipher import VaultCipher
from creatorvault.history.statements.purging import LOCKED, STATE
from creatorvault.tenants.models import TenantStatus
from creatorvault.tenants.parts import VaultParts

BEGINNING: Final = datetime(1, 1, 2, tzinfo=UTC)
"""Before all times that are stored."""

PURGED: Final = frozenset({TenantStatus.ACTIVE, TenantStatus.SUSPENDED})
"""Rows of the others are erased, or stay as they are if the erasure is withdrawn."""


class PurgeParts(NamedTuple):
    """`vaults` uses the runtime login, and `operators` sees whose rows are how old."""

    vaults: VaultParts
    operators: Database


class Standing(NamedTuple):
    """Of a vault that may be purged. What is sealed is opened only in a tenant that is active."""

    is_active: bool
    key_version: KeyVersion
    retention: timedelta


async def standing_of(parts: PurgeParts, vault: VaultId) -> Standing | None:
    """Returns None if the vault may not be purged."""
    async with parts.vaults.database.reading(vault.tenant_id) as session:
        return _read(parts, await run(session, STATE, str(vault.tenant_id), vault.user_id))


async def locked(parts: PurgeParts, session: WriteSession, vault: VaultId) -> Standing | None:
    """As `standing_of`, with the vault's row locked until the transaction ends."""
    return _read(parts, await run(session, LOCKED, str(vault.tenant_id), vault.user_id))


async def sealing_cipher(parts: PurgeParts, session: WriteSession, vault: VaultId, standing: Standing) -> VaultCipher:
    """Raises as `Keyring.cipher_for_sealing`."""
    return await parts.vaults.keyring.cipher_for_sealing(session, vault, standing.key_version)


def _read(parts: PurgeParts, rows: Sequence[Sequence[Any]]) -> Standing | None:
    if not rows:
        return None
    tenant_status, vault_status, key_version, retention_days = rows[0]
    if tenant_status not in PURGED or vault_status is not None:
        return None
    days = parts.vaults.tenancy.retention_days if retention_days is None else retention_days
    return Standing(tenant_status == TenantStatus.ACTIVE, key_version, timedelta(days=days))
