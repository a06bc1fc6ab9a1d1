"""Fills the databases by COPY: ours with rows that are really sealed, others' with the same ideas in plain."""

import asyncio
import os
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import asyncpg
import msgspec

from benchmarks.cluster import Cluster, finished, started
from benchmarks.content import PRIORITIES, ROOT_KEYS, STAGES, Group, Stored, stored_ideas
from benchmarks.floor.app import seal
from creatorvault.core.identifiers import KeyVersion, UserId, VaultId, VaultRevision
from creatorvault.crypto.cipher import VaultCipher
from creatorvault.crypto.envelope import KEY_BYTES
from creatorvault.crypto.keyring import wrap_context
from creatorvault.crypto.providers.keyring import RootKeyring
from creatorvault.ideas.schemas import IdeaResponse, PriorityEnum, StageEnum
from creatorvault.ideas.sealing import IdeaSealer
from creatorvault.tenants.models import TenantKind
from creatorvault.tenants.resolution import TenantName

REALM: Final = "better-auth"
FIRST: Final = KeyVersion(1)
SEALED: Final = (
    *("id", "title", "notes", "tags", "stage", "priority", "due_date", "created_at", "updated_at", "stamp"),
    *("number", "previous", "revision", "tenant_id", "user_id"),
)
PLAIN: Final = (
    *("id", "user_id", "title", "notes", "stage", "priority", "tags", "due_date", "created_at", "updated_at"),
)

type RowsOf = Callable[[VaultCipher], Iterator[tuple[Any, ...]]]

type OfTags = Callable[[list[str]], str | list[str]]
"""How a plaintext table stores tags."""

assert len(b64decode(ROOT_KEYS.split(":")[1])) == KEY_BYTES


class Filling:
    """A database of ours under the superuser, whom row-level security does not stop."""

    def __init__(self, database: asyncpg.Connection) -> None:
        self._database = database
        self._root_keys = RootKeyring.parse(ROOT_KEYS)

    async def vault(self, ideas: int, user_id: str, rows_of: RowsOf) -> None:
        """A creator's own, with so many ideas."""
        tenant = TenantName(TenantKind.PERSONAL, REALM, user_id)
        vault = VaultId(tenant.id, UserId(user_id))
        key, now = os.urandom(KEY_BYTES), datetime.now(UTC)
        first_revision = VaultRevision(1)
        root_key_id, wrapped = await self._root_keys.wrap(key, wrap_context(vault, FIRST, first_revision))
        await self._database.execute(
            "INSERT INTO tenants (tenant_id, kind, realm, external_id, status, created_at) VALUES ($1,$2,$3,$4,$5,$6)",
            *(tenant.id, tenant.kind.value, tenant.realm, user_id, "active", now),
        )
        await self._database.execute(
            "INSERT INTO vaults (tenant_id, user_id, revision, idea_count, sealed_bytes, key_version, created_at,"
            " changed_at) VALUES ($1, $2, $3, $3, 0, 1, $4, $4)",
            *(tenant.id, user_id, ideas, now),
        )
        await self._database.execute(
            "INSERT INTO keys.vault_keys (tenant_id, user_id, version, root_key_id, wrapped, first_revision,"
            " created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
            *(tenant.id, user_id, FIRST, root_key_id, wrapped, first_revision, now),
        )
        rows = rows_of(VaultCipher(vault, first_revision, {FIRST: key}, unusable={}))
        await self._database.copy_records_to_table(
            "ideas", records=((*row, tenant.id, user_id) for row in rows), columns=SEALED
        )
        await self._database.execute(
            "UPDATE vaults SET (sealed_bytes, digest) = ("
            "  SELECT sum(length(title) + length(notes) + length(tags)), bit_xor(stamp) FROM ideas"
            "  WHERE ideas.tenant_id = $1"
            ") WHERE tenant_id = $1",
            tenant.id,
        )


def sealed_rows(ideas: Iterable[Stored], cipher: VaultCipher) -> Iterator[tuple[Any, ...]]:
    sealer = IdeaSealer.of(cipher)
    for revision, idea in enumerate(ideas, start=1):
        yield *sealer.seal(response_of_stored(idea)), revision


def response_of_stored(idea: Stored) -> IdeaResponse:
    return IdeaResponse(
        title=idea.title,
        notes=idea.notes,
        stage=StageEnum(STAGES[idea.stage]),
        priority=PriorityEnum(PRIORITIES[idea.priority]),
        tags=idea.tags,
        id=idea.id,
        user_id=idea.user_id,
        created_at=idea.time,
        updated_at=idea.time,
    )


def floor_rows(ideas: Iterable[Stored], _cipher: VaultCipher) -> Iterator[tuple[Any, ...]]:
    for revision, idea in enumerate(ideas, start=1):
        sealed = seal(idea.title), seal(idea.notes), seal(msgspec.json.encode(idea.tags).decode())
        yield idea.id, *sealed, idea.stage, idea.priority, None, idea.time, idea.time, 0, 1, None, revision


def plain_rows(ideas: Iterable[Stored], of_tags: OfTags) -> Iterator[tuple[Any, ...]]:
    for idea in ideas:
        texts = idea.title, idea.notes, STAGES[idea.stage], PRIORITIES[idea.priority], of_tags(idea.tags)
        yield idea.id, idea.user_id, *texts, None, idea.time, idea.time


def prepare_ours(cluster: Cluster, groups: set[Group]) -> None:
    """A database of ours alone, with these groups in it, and the folder of the servers' logs."""
    (cluster.home / "logs").mkdir()
    cluster.create("ours")
    cluster.migrate("ours")
    finished(started(fill_ours, cluster.url("postgres", "ours"), groups))
    cluster.checkpoint()


def fill_ours(url: str, groups: Iterable[Group], *, of_floor: bool = False) -> None:
    async def fill() -> None:
        database = await asyncpg.connect(url)
        await database.execute("SET session_replication_role = replica")  # foreign keys hold by construction
        filling = Filling(database)
        for group in groups:
            for user_id in group.users():
                ideas = stored_ideas(group, user_id)
                rows = floor_rows if of_floor else sealed_rows
                await filling.vault(group.ideas, user_id, partial(rows, ideas))
        await database.execute("VACUUM ANALYZE")
        await database.close()

    asyncio.run(fill())


def fill_plain(url: str, groups: Iterable[Group], of_tags: OfTags) -> None:
    async def fill() -> None:
        database = await asyncpg.connect(url)
        for group in groups:
            for user_id in group.users():
                rows = plain_rows(stored_ideas(group, user_id), of_tags)
                await database.copy_records_to_table("ideas", records=rows, columns=PLAIN)
        await database.execute("VACUUM ANALYZE")
        await database.close()

    asyncio.run(fill())
