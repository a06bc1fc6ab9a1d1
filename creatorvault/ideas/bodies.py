"""Reads the ideas of a page that was found in a slim index."""

from collections.abc import Mapping
from uuid import UUID

import msgspec

from creatorvault.core.database.statements import Row
from creatorvault.core.identifiers import VaultVersion, vault_ids
from creatorvault.core.waiting.event_loop_budget import TimeSlice
from creatorvault.ideas.opened import opened
from creatorvault.ideas.sealing import STAMP
from creatorvault.ideas.statements.content import SOME
from creatorvault.tenants.errors import Undecided, VaultMismatch
from creatorvault.tenants.opening import OpenVault, VaultView
from creatorvault.tenants.statements.vault import VAULT_COLUMNS

_encode = msgspec.json.Encoder().encode


async def read_bodies(
    view: VaultView, version: VaultVersion, time_slice: TimeSlice, stamps: Mapping[bytes, int]
) -> Mapping[bytes, bytes]:
    """Returns the JSON of these ideas by id. `stamps` are those of the ideas at `version`.

    Raises Undecided if the vault has another version, VaultMismatch if an idea is missing or has another stamp, and
    the alerts of `opened`.
    """
    seen = await view.look(SOME, [UUID(bytes=idea_id) for idea_id in stamps])
    if seen.vault is None or seen.vault.version != version:
        raise Undecided
    rows = [row[VAULT_COLUMNS:] for row in seen.rows]
    found = {row[0].bytes: row for row in rows if row[0] is not None}
    if {idea_id: row[STAMP] for idea_id, row in found.items()} != dict(stamps):
        raise VaultMismatch(**vault_ids(view.id))
    return {idea_id: await _body(seen.vault, row, time_slice) for idea_id, row in found.items()}


async def _body(vault: OpenVault, row: Row, time_slice: TimeSlice) -> bytes:
    body = _encode(opened(vault, row))
    await time_slice.rest_if_over()
    return body
