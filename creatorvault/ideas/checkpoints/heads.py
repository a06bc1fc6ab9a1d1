"""Checkpoints in what `creatorvault audit heads` prints: stored elsewhere, they show that a vault was set back."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Final
from urllib.parse import quote, unquote
from uuid import UUID

from sqlalchemy import Row

from creatorvault.core.database.sessions import ReadSession
from creatorvault.core.identifiers import TenantId, UserId, VaultId, VaultRevision
from creatorvault.ideas.checkpoints.repositories import all_vaults, erased_vaults
from creatorvault.ideas.checkpoints.sealing import Checkpoint

WORD: Final = "vault"


def kept_checkpoints(lines: Sequence[Sequence[str]]) -> Mapping[VaultId, Checkpoint]:
    """Reads the words after `vault`: tenant, percent-encoded user, revision, number of ideas, hexadecimal digest.

    Raises ValueError.
    """
    return {
        VaultId(TenantId(UUID(tenant)), UserId(unquote(user, errors="strict"))): Checkpoint(
            VaultRevision(int(revision)), int(ideas), bytes.fromhex(digest)
        )
        for tenant, user, revision, ideas, digest in lines
    }


class CheckpointHeads:
    """Implements `management.heads.HeadSource`."""

    word = WORD

    async def heads(self, session: ReadSession) -> AsyncGenerator[Sequence[str]]:
        async with aclosing(all_vaults(session)) as rows:
            async for row in rows:
                if row.checkpoint is not None:
                    numbers = str(row.checkpoint), str(row.ideas), row.digest.hex()
                    yield str(row.tenant_id), quote(row.user_id, safe=""), *numbers

    def check(self, kept: Sequence[Sequence[str]]) -> None:
        kept_checkpoints(kept)

    async def findings(self, session: ReadSession, kept: Sequence[Sequence[str]]) -> AsyncGenerator[str]:
        """Finds each vault that is gone, has a lower revision, or held something else at the same revision.

        Also one whose checkpoint is gone or older, unless the audit log says that the vault was erased.
        """
        unmet = dict(kept_checkpoints(kept))
        erased = await erased_vaults(session) if unmet else set()
        async with aclosing(all_vaults(session)) as rows:
            async for row in rows:
                vault = VaultId(row.tenant_id, row.user_id)
                checkpoint = unmet.pop(vault, None)
                is_erased = not erased.isdisjoint({vault, (vault.tenant_id, None)})
                if checkpoint is not None and (text := _wrong(checkpoint, row, is_erased=is_erased)):
                    yield f"{_name(vault)}: {text}"
        for vault in unmet:
            yield f"{_name(vault)}: it is gone"


def _wrong(kept: Checkpoint, row: Row[Any], *, is_erased: bool) -> str | None:
    if row.revision < kept.revision:
        return f"its revision {row.revision} is lower than {kept.revision}, which was kept elsewhere"
    if row.checkpoint == kept.revision and (row.ideas, row.digest) != (kept.ideas, kept.digest):
        return f"at revision {kept.revision} it held something else"
    if (row.checkpoint is None or row.checkpoint < kept.revision) and not is_erased:
        return f"its checkpoint of revision {kept.revision}, which was kept elsewhere, is gone"
    return None


def _name(vault: VaultId) -> str:
    return f"{WORD} {vault.tenant_id} {quote(vault.user_id, safe='')}"
