"""The least that the compared operations take on the same parts: Uvicorn, one Litestar handler each, raw asyncpg in a
transaction with the tenant context, as many AES-GCM opens and seals as ours, a msgspec encode.

It checks no token, binds no ciphertext to its row, validates little, logs nothing and has no errors of its own.
"""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from litestar import Litestar, Request, get, patch, post

from creatorvault.tenants.models import TenantKind
from creatorvault.tenants.resolution import TenantName

KEY: Final = bytes(range(32))
CIPHER: Final = AESGCM(KEY)
STAGES: Final = ("idea", "outline", "draft", "published")
PRIORITIES: Final = ("low", "medium", "high")
COLUMNS: Final = "id, title, notes, tags, stage, priority, due_date, created_at, updated_at"

CONTEXT: Final = "SELECT set_config('app.tenant_id', $1, true)"
ENTER: Final = """
    WITH context (tenant_id) AS MATERIALIZED (SELECT set_config('app.tenant_id', $1, true))
    SELECT idea_count FROM context JOIN LATERAL (
        SELECT idea_count FROM vaults WHERE tenant_id = context.tenant_id::uuid AND user_id = $2
    ) AS vaults ON true
"""
PAGE: Final = f"""
    SELECT {COLUMNS} FROM ideas WHERE tenant_id = $1 AND user_id = $2
    ORDER BY created_at DESC, id DESC LIMIT $3 OFFSET $4
"""
ONE: Final = f"SELECT {COLUMNS} FROM ideas WHERE tenant_id = $1 AND user_id = $2 AND id = $3"
ADVANCE: Final = """
    UPDATE vaults SET revision = revision + 1, idea_count = idea_count + $3 WHERE tenant_id = $1 AND user_id = $2
    RETURNING revision
"""
INSERT: Final = f"""
    INSERT INTO ideas (tenant_id, user_id, revision, {COLUMNS})
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""
UPDATE: Final = """
    UPDATE ideas SET revision = $4, title = $5, notes = $6, tags = $7, updated_at = $8
    WHERE tenant_id = $1 AND user_id = $2 AND id = $3
"""


class Idea(msgspec.Struct):
    title: str
    notes: str | None = None
    stage: str = "idea"
    priority: str = "medium"
    tags: list[str] = []
    due_date: datetime | None = None
    id: UUID | None = None
    user_id: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class Change(msgspec.Struct):
    title: str


class Page(msgspec.Struct):
    items: list[Idea]
    total: int
    limit: int
    offset: int
    has_more: bool


_tags: Final = msgspec.json.Decoder(list[str])


def seal(text: str) -> bytes:
    nonce = os.urandom(12)
    return nonce + CIPHER.encrypt(nonce, text.encode(), None)


def opened(sealed: bytes) -> bytes:
    return CIPHER.decrypt(sealed[:12], sealed[12:], None)


def idea_of(row: Any, user_id: str) -> Idea:
    return Idea(
        opened(row[1]).decode(),
        opened(row[2]).decode(),
        STAGES[row[4]],
        PRIORITIES[row[5]],
        _tags.decode(opened(row[3])),
        row[6],
        row[0],
        user_id,
        row[7],
        row[8],
    )


def tenant_of(user_id: str) -> UUID:
    return TenantName(TenantKind.PERSONAL, "better-auth", user_id).id


@get("/health")
async def health() -> None: ...


@get("/api/v1/{user_id:str}/ideas")
async def list_ideas(request: Request[Any, Any, Any], user_id: str, limit: int = 20, offset: int = 0) -> Page:
    tenant = tenant_of(user_id)
    async with request.app.state.pool.acquire() as db, db.transaction(isolation="repeatable_read", readonly=True):
        total = await db.fetchval(ENTER, str(tenant), user_id)
        rows = await db.fetch(PAGE, tenant, user_id, limit, offset)
    items = [idea_of(row, user_id) for row in rows]
    return Page(items, total, limit, offset, offset + len(items) < total)


@get("/api/v1/{user_id:str}/ideas/{idea_id:uuid}")
async def get_idea(request: Request[Any, Any, Any], user_id: str, idea_id: UUID) -> Idea:
    tenant = tenant_of(user_id)
    async with request.app.state.pool.acquire() as db, db.transaction(isolation="repeatable_read", readonly=True):
        await db.fetchval(ENTER, str(tenant), user_id)
        row = await db.fetchrow(ONE, tenant, user_id, idea_id)
    return idea_of(row, user_id)


@post("/api/v1/{user_id:str}/ideas")
async def create_idea(request: Request[Any, Any, Any], user_id: str, data: Idea) -> Idea:
    tenant, now = tenant_of(user_id), datetime.now(UTC)
    data.id, data.user_id, data.created_at, data.updated_at = uuid4(), user_id, now, now
    tags = msgspec.json.encode(data.tags).decode()
    async with request.app.state.pool.acquire() as db, db.transaction():
        await db.fetchval(CONTEXT, str(tenant))
        revision = await db.fetchval(ADVANCE, tenant, user_id, 1)
        sealed = seal(data.title), seal(data.notes or ""), seal(tags)
        stage, priority = STAGES.index(data.stage), PRIORITIES.index(data.priority)
        await db.execute(INSERT, tenant, user_id, revision, data.id, *sealed, stage, priority, data.due_date, now, now)
    return data


@patch("/api/v1/{user_id:str}/ideas/{idea_id:uuid}")
async def change_idea(request: Request[Any, Any, Any], user_id: str, idea_id: UUID, data: Change) -> Idea:
    tenant, now = tenant_of(user_id), datetime.now(UTC)
    async with request.app.state.pool.acquire() as db, db.transaction():
        await db.fetchval(CONTEXT, str(tenant))
        revision = await db.fetchval(ADVANCE, tenant, user_id, 0)
        idea = idea_of(await db.fetchrow(ONE, tenant, user_id, idea_id), user_id)
        idea.title, idea.updated_at = data.title, now
        sealed = seal(idea.title), seal(idea.notes or ""), seal(msgspec.json.encode(idea.tags).decode())
        await db.execute(UPDATE, tenant, user_id, idea_id, revision, *sealed, now)
    return idea


async def _keep(connection: object) -> None:
    """In place of asyncpg's reset: nothing here outlives its transaction."""


@asynccontextmanager
async def pool(app: Litestar) -> AsyncGenerator[None]:
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=20, max_size=20, reset=_keep) as opened_pool:
        app.state.pool = opened_pool
        yield


def create_app() -> Litestar:
    return Litestar([health, list_ideas, get_idea, create_idea, change_idea], lifespan=[pool], openapi_config=None)
