"""What `creatorvault keys status` shows: root keys, what still needs each of them, and vault keys."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from creatorvault.core.database.sessions import run
from creatorvault.key_management.installation import Installation
from creatorvault.key_management.statements.keys import LEFT, OPEN_ROTATIONS, VERSIONS, wraps_of


class RootKeyStatus(Struct, frozen=True, kw_only=True):
    """`wraps` is True for the one that wraps new keys, `usable` if the service can unwrap with it."""

    root_key_id: str
    wraps: bool
    usable: bool
    vault_keys: int
    service_keys: int
    oldest: datetime | None
    newest: datetime | None


class VaultKeyStatus(Struct, frozen=True, kw_only=True):
    """`with_earlier_keys` counts vaults that have more than one key."""

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
    root_keys: Sequence[RootKeyStatus]
    vault_keys: VaultKeyStatus
    interrupted: Sequence[RotationStatus]


async def keys_status(place: Installation) -> KeysStatus:
    """Reads one snapshot as an operator. Raises ServiceUnavailable."""
    async with place.operators.reading() as session:
        stored = {row[0]: row[1:] for row in await run(session, LEFT)}
        service = dict[str, int]()
        for table in place.data.wrapped:
            for *_, root_key_id, _ in await run(session, wraps_of(table)):
                service[root_key_id] = service.get(root_key_id, 0) + 1
        [(vaults, several, highest, oldest, newest)] = await run(session, VERSIONS)
        interrupted = await run(session, OPEN_ROTATIONS)
    known = place.root_keys.root_key_ids
    ids = [*known, *sorted({*stored, *service} - set(known))]
    return KeysStatus(
        root_keys=[_root_key(place, root_key_id, stored.get(root_key_id), service) for root_key_id in ids],
        vault_keys=VaultKeyStatus(
            vaults=vaults, with_earlier_keys=several, highest_version=highest, oldest=oldest, newest=newest
        ),
        interrupted=[
            RotationStatus(tenant_id=None if scope is None else str(scope), started_at=at) for scope, at in interrupted
        ],
    )


def _root_key(
    place: Installation, root_key_id: str, stored: Sequence[Any] | None, service: dict[str, int]
) -> RootKeyStatus:
    count, oldest, newest = stored or (0, None, None)
    return RootKeyStatus(
        root_key_id=root_key_id,
        wraps=root_key_id == place.root_keys.wraps_with,
        usable=root_key_id in place.root_keys.root_key_ids,
        vault_keys=count,
        service_keys=service.get(root_key_id, 0),
        oldest=oldest,
        newest=newest,
    )
