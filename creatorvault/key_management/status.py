"""What `creatorvault keys status` and the admin API show: root keys, what still needs each of them, and vault keys."""

from datetime import datetime

from creatorvault.core.database.sealed_data import ProtectedData
from creatorvault.core.database.sessions import Database, run
from creatorvault.crypto.providers.composite import RootKeys
from creatorvault.crypto.providers.protocol import RootKey
from creatorvault.key_management.schemas import (
    KeysStatus,
    ProviderStatus,
    RootKeyStatus,
    RotationStatus,
    VaultKeyStatus,
)
from creatorvault.key_management.statements.keys import LEFT, OPEN_ROTATIONS, VERSIONS, wraps_of

type Stored = tuple[int, datetime | None, datetime | None]


async def keys_status(operators: Database, root_keys: RootKeys, data: ProtectedData) -> KeysStatus:
    """Reads one snapshot as an operator, and asks the providers. Raises ServiceUnavailable."""
    async with operators.reading() as session:
        stored: dict[str, Stored] = {row[0]: (row[1], row[2], row[3]) for row in await run(session, LEFT)}
        service = dict[str, int]()
        for table in data.wrapped:
            for *_, root_key_id, _ in await run(session, wraps_of(table)):
                service[root_key_id] = service.get(root_key_id, 0) + 1
        [(vaults, several, highest, oldest, newest)] = await run(session, VERSIONS)
        interrupted = await run(session, OPEN_ROTATIONS)
    return KeysStatus(
        providers=[
            ProviderStatus(provider=health.provider, reason=None if health.reason is None else health.reason.value)
            for health in await root_keys.health()
        ],
        root_keys=[
            _root_key(key, stored.get(key.id, (0, None, None)), service.get(key.id, 0))
            for key in await root_keys.describe({*stored, *service})
        ],
        vault_keys=VaultKeyStatus(
            vaults=vaults, with_earlier_keys=several, highest_version=highest, oldest=oldest, newest=newest
        ),
        interrupted=[
            RotationStatus(tenant_id=None if scope is None else str(scope), started_at=at) for scope, at in interrupted
        ],
    )


def _root_key(key: RootKey, stored: Stored, service_keys: int) -> RootKeyStatus:
    vault_keys, oldest, newest = stored
    return RootKeyStatus(
        root_key_id=key.id,
        provider=key.provider,
        state=key.state,
        reason=None if key.reason is None else key.reason.value,
        wraps=key.wraps,
        version=key.version,
        created_at=key.created_at,
        vault_keys=vault_keys,
        service_keys=service_keys,
        oldest=oldest,
        newest=newest,
    )
