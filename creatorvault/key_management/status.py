"""What `creatorvault keys status` shows: root keys, what still needs each of them, and vault keys."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from creatorvault.core.database.sessions import run
from creatorvault.crypto.providers.protocol import KeyState, RootKey
from creatorvault.key_management.installation import Installation
from creatorvault.key_management.statements.keys import LEFT, OPEN_ROTATIONS, VERSIONS, wraps_of


class RootKeyStatus(Struct, frozen=True, kw_only=True):
    """`wraps` is True for the one that wraps new keys by default. `vault_keys` and `service_keys` count what it wraps,
    from the `oldest` to the `newest` vault key. `version` and `created_at` are None if its provider does not say.
    """

    root_key_id: str
    provider: str
    state: KeyState
    reason: str | None
    wraps: bool
    version: int | None
    created_at: datetime | None
    vault_keys: int
    service_keys: int
    oldest: datetime | None
    newest: datetime | None


class ProviderStatus(Struct, frozen=True, kw_only=True):
    """`reason` is why it cannot be used now, or None."""

    provider: str
    reason: str | None


class VaultKeyStatus(Struct, frozen=True, kw_only=True):
    """`with_earlier_keys` counts vaults that have more than one key; the times are of the newest key of each vault."""

    vaults: int
    with_earlier_keys: int
    highest_version: int | None
    oldest: datetime | None
    newest: datetime | None


class RotationStatus(Struct, frozen=True, kw_only=True):
    """A rotation that was interrupted. `tenant_id` is None for one of all tenants."""

    tenant_id: str | None
    started_at: datetime


class KeysStatus(Struct, frozen=True, kw_only=True):
    providers: Sequence[ProviderStatus]
    root_keys: Sequence[RootKeyStatus]
    vault_keys: VaultKeyStatus
    interrupted: Sequence[RotationStatus]


type Stored = tuple[int, datetime | None, datetime | None]


async def keys_status(place: Installation) -> KeysStatus:
    """Reads one snapshot as an operator, and asks the providers. Raises ServiceUnavailable."""
    async with place.operators.reading() as session:
        stored: dict[str, Stored] = {row[0]: (row[1], row[2], row[3]) for row in await run(session, LEFT)}
        service = dict[str, int]()
        for table in place.data.wrapped:
            for *_, root_key_id, _ in await run(session, wraps_of(table)):
                service[root_key_id] = service.get(root_key_id, 0) + 1
        [(vaults, several, highest, oldest, newest)] = await run(session, VERSIONS)
        interrupted = await run(session, OPEN_ROTATIONS)
    return KeysStatus(
        providers=[
            ProviderStatus(provider=health.provider, reason=None if health.reason is None else health.reason.value)
            for health in await place.root_keys.health()
        ],
        root_keys=[
            _root_key(key, stored.get(key.id, (0, None, None)), service.get(key.id, 0))
            for key in await place.root_keys.describe({*stored, *service})
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
