"""A creator's own erasure, and what is left of a vault."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import asyncpg
import httpx
import msgspec
from click.testing import CliRunner, Result

from creatorvault.__main__ import root
from creatorvault.core.identifiers import UserId, VaultId
from creatorvault.erasure.receipts import PublicKey, PublicKeySet, Receipt, verified
from tests.admin.operators import tenant_of
from tests.factories import Creator
from tests.vault_rows import HISTORY, QUEUED, TAKEN_OVER, tables

ME: Final = "/api/v1/users/me"
STATE: Final = f"{ME}/erasure"
KEYS: Final = "/.well-known/jwks.json"
HEADER: Final = "Erasure-Confirmation"
LEFT: Final = {"vaults", "vault_erasures"}
"""Tables that keep a row of an erased vault, without content."""

CHECKPOINT: Final = """
    INSERT INTO vault_checkpoints (tenant_id, user_id, revision, ideas, digest, sealed, written_at)
    VALUES ($1, $2, 1, 1, '\\x00', '\\x00', now())
"""
SEGMENT: Final = "INSERT INTO idea_segments VALUES ($1, $2, 1, 1, 1, 'some rule', '')"


def vault_of(creator: Creator) -> VaultId:
    return VaultId(tenant_of(creator), UserId(creator.user_id))


async def asked(creator: Creator) -> str:
    answer = await creator.request("DELETE", ME)
    assert answer.status_code == 202, answer.text
    confirmation: str = answer.json()["confirmation"]
    return confirmation


async def confirmed(creator: Creator, confirmation: str) -> httpx.Response:
    return await creator.request("DELETE", ME, headers={HEADER: confirmation})


async def completed(creator: Creator, confirmation: str) -> httpx.Response:
    """Confirms until the erasure has ended: on a busy machine it takes longer than a request waits for it."""
    async with asyncio.timeout(60):
        while (answer := await confirmed(creator, confirmation)).status_code == 202:  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0.05)
    return answer


async def erased(creator: Creator) -> dict[str, Any]:
    """Erases the creator's vault, and returns the state, which is final."""
    answer = await completed(creator, await asked(creator))
    assert answer.status_code == 200, answer.text
    state: dict[str, Any] = answer.json()
    assert state["state"] == "erased"
    return state


async def receipt_of(creator: Creator) -> Receipt:
    """Returns the receipt, verified with the published keys."""
    text = (await creator.request("GET", STATE)).json()["receipt"]
    keys = (await creator.client.get(KEYS)).content
    return verified(text, published(keys))


def published(body: bytes) -> Sequence[PublicKey]:
    return msgspec.json.decode(body, type=PublicKeySet).keys


async def fill(creator: Creator, sql: asyncpg.Connection, ideas: int = 2) -> None:
    """Stores ideas, a result for retries, a segment, a checkpoint and a job."""
    for number in range(ideas - 1):
        await creator.idea(f"Idea {number}", notes="private")
    answer = await creator.post({"title": "kept for a retry"}, headers={"Idempotency-Key": "once"})
    assert answer.status_code == 201
    await sql.execute(SEGMENT, *vault_of(creator))
    await sql.execute(CHECKPOINT, *vault_of(creator))
    await sql.execute(HISTORY, *vault_of(creator))
    await sql.execute(QUEUED, *vault_of(creator))
    await sql.execute(TAKEN_OVER, *vault_of(creator))


async def holding(sql: asyncpg.Connection, vault: VaultId) -> set[str]:
    """Returns every table that has a row of the vault."""
    return {
        table
        for table, columns in (await tables(sql)).items()
        if "user_id" in columns
        if await sql.fetchval(f"SELECT EXISTS (SELECT FROM {table} WHERE tenant_id = $1 AND user_id = $2)", *vault)
    }


async def verbs(sql: asyncpg.Connection, creator: Creator) -> list[str]:
    rows = await sql.fetch("SELECT verb FROM audit_events WHERE tenant_id = $1 ORDER BY sequence", tenant_of(creator))
    return [row["verb"] for row in rows]


def aged(creator: Creator, seconds: int) -> Creator:
    """Returns the same creator with a token that was issued so long ago."""
    now = int(time.time())
    return Creator(creator.client, creator.user_id, {**creator.claims, "iat": now - seconds, "exp": now + 600})


def run_command(environ: Mapping[str, str], *arguments: str) -> Result:
    """Runs `creatorvault …` in a thread, since it runs an event loop of its own."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(CliRunner().invoke, root, arguments, env=environ, prog_name="creatorvault").result()


async def finished(sql: asyncpg.Connection, creator: Creator, seconds: float = 90.0) -> None:
    """Waits until the erasure is finished by whatever process."""
    state = "SELECT state FROM vault_erasures WHERE tenant_id = $1 AND user_id = $2"
    async with asyncio.timeout(seconds):
        while await sql.fetchval(state, *vault_of(creator)) != "erased":  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0.05)
