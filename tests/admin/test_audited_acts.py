"""Every action of an operator is recorded with actor, verb, targets, address and outcome, or not executed."""

import json
from collections.abc import Awaitable, Callable
from typing import Any, Final
from uuid import uuid4

import asyncpg
import pytest

from creatorvault.audit.chain import SERVICE
from creatorvault.core.identifiers import TenantId
from creatorvault.tenants.models import TenantKind
from creatorvault.tenants.resolution import TenantName
from tests.admin.operators import EVERY_SCOPE, OPERATIONS, AdminClient, appointed, tenant_of
from tests.application import House
from tests.factories import Creator
from tests.vault_rows import QUEUED

type Prepare = Callable[[AdminClient, Creator, asyncpg.Connection], Awaitable[object]]

QUOTAS: Final = {
    "idea_quota": "7",
    "byte_quota": "default",
    "vault_idea_quota": "default",
    "vault_byte_quota": "default",
}


async def nothing(olga: AdminClient, ada: Creator, sql: asyncpg.Connection) -> None:
    """Requires only a tenant."""


async def suspended(olga: AdminClient, ada: Creator, sql: asyncpg.Connection) -> None:
    await olga.post(f"/tenants/{tenant_of(ada)}/suspend")


async def erasing(olga: AdminClient, ada: Creator, sql: asyncpg.Connection) -> object:
    confirmation = (await olga.post(f"/tenants/{tenant_of(ada)}/erasure"))["confirmation"]
    await sql.execute("UPDATE tenant_erasures SET not_before = now() WHERE tenant_id = $1", tenant_of(ada))
    return {"confirmation": confirmation}


async def vault_erasing(olga: AdminClient, ada: Creator, sql: asyncpg.Connection) -> object:
    path = f"/tenants/{tenant_of(ada)}/vaults/{ada.user_id}/erasure"
    confirmation = (await olga.post(path))["confirmation"]
    await sql.execute("UPDATE vault_erasures SET not_before = now() WHERE tenant_id = $1", tenant_of(ada))
    return {"confirmation": confirmation}


async def failed(olga: AdminClient, ada: Creator, sql: asyncpg.Connection) -> object:
    """Returns the id of a job."""
    await sql.execute(QUEUED, tenant_of(ada), ada.user_id)
    job = "UPDATE jobs.queue SET status = 'failed' WHERE tenant_id = $1 RETURNING id"
    return await sql.fetchval(job, tenant_of(ada))


async def appointed_one(olga: AdminClient, ada: Creator, sql: asyncpg.Connection) -> object:
    """Returns the id of another operator."""
    return (await olga.post("/operators", {"name": "Oleg", "scopes": ["read"]}))["operator_id"]


async def nothing_under_way(olga: AdminClient, ada: Creator, sql: asyncpg.Connection) -> object:
    """Returns the body of a rotation."""
    for table in ("keys.rotations", "audit_verifications"):
        await sql.execute(f"UPDATE {table} SET finished_at = now() WHERE finished_at IS NULL")
    return {"tenant_id": str(tenant_of(ada))}


IN_BACKGROUND: Final = ("vault.erased", "tenant.erased")
"""Recorded by the process that finishes an erasure, which has no address."""

EMPTY: Final = dict.fromkeys(
    (
        *("history_prunings", "idea_segments", "idea_versions", "idempotency_answers", "trashed_ideas"),
        *("idea_tombstones", "import_chunks", "imported_ideas", "imports"),
        *("vault_checkpoints", "jobs.queue", "jobs.queue_log"),
    ),
    "0",
)
ROWS: Final = {"ideas": "1", "keys.vault_keys": "1", **EMPTY}
JOB: Final = "{job_id:str}"
OPERATOR: Final = "{operator_id:str}"
NUMBERS: Final = ("rotation", "verification")
VERIFICATIONS: Final = "/audit/verifications"
VAULT: Final = "/tenants/{tenant_id:str}/vaults/{user_id:str}/erasure"
ACTS: Final[dict[tuple[str, str], tuple[Prepare, object, dict[str, dict[str, str]]]]] = {
    ("POST", "/tenants"): (nothing, None, {"tenant.created": {"kind": "organization"}}),
    ("POST", "/tenants/{tenant_id:str}/suspend"): (nothing, None, {"tenant.suspended": {}}),
    ("POST", "/tenants/{tenant_id:str}/resume"): (suspended, None, {"tenant.resumed": {}}),
    ("PUT", "/tenants/{tenant_id:str}/quotas"): (nothing, {"idea_quota": 7}, {"tenant.quotas_set": QUOTAS}),
    ("PUT", "/tenants/{tenant_id:str}/owner-export"): (
        nothing,
        {"owner_export": True},
        {"tenant.owner_export_set": {"owner_export": "true"}},
    ),
    ("PUT", "/tenants/{tenant_id:str}/root-key"): (
        nothing,
        {"root_key_id": "tests"},
        {"tenant.root_key_set": {"root_key_id": "tests"}},
    ),
    ("PUT", "/tenants/{tenant_id:str}/retention"): (
        nothing,
        {"retention_days": 7},
        {"tenant.retention_set": {"retention_days": "7"}},
    ),
    ("POST", "/tenants/{tenant_id:str}/erasure"): (nothing, None, {"erasure.requested": {}}),
    ("DELETE", "/tenants/{tenant_id:str}/erasure"): (erasing, None, {"erasure.withdrawn": {}}),
    ("POST", "/tenants/{tenant_id:str}/erasure/confirm"): (
        erasing,
        None,
        {"keys.destroyed": {"keys": "1"}, "tenant.erased": {"keys": "1", "ideas": "1", "answers": "0"}},
    ),
    ("POST", "/jobs/{job_id:str}/retry"): (failed, None, {"job.retried": {"kind": "tests.nothing"}}),
    ("DELETE", "/jobs/{job_id:str}"): (failed, None, {"job.cancelled": {"kind": "tests.nothing"}}),
    ("POST", "/operators"): (nothing, None, {"operator.created": {"scopes": "manage,read"}}),
    ("POST", f"/operators/{OPERATOR}/revoke"): (appointed_one, None, {"operator.revoked": {}}),
    ("POST", "/keys/rotations"): (nothing_under_way, None, {"keys.rotation_requested": {}}),
    ("POST", VERIFICATIONS): (nothing_under_way, None, {"audit.verification_requested": {}}),
    ("POST", VAULT): (nothing, None, {"erasure.requested": {}}),
    ("DELETE", VAULT): (vault_erasing, None, {"erasure.withdrawn": {}}),
    ("POST", f"{VAULT}/confirm"): (
        vault_erasing,
        None,
        {"keys.destroyed": {"keys": "1"}, "vault.erased": ROWS, "tenant.erased": {}},
    ),
}


def test_every_action_is_listed() -> None:
    assert ACTS.keys() == {operation for operation in OPERATIONS if operation[0] != "GET"}


async def acted(olga: AdminClient, act: tuple[str, str], ada: Creator, prepared: object) -> tuple[int, TenantId]:
    method, path = act
    tenant, body = tenant_of(ada), prepared or ACTS[act][1]
    if path == "/tenants":
        new = TenantName(TenantKind.ORGANIZATION, "better-auth", f"org-{uuid4()}")
        tenant, body = new.id, new._asdict() | {"kind": "organization"}
    if path == "/operators":
        tenant, body = SERVICE, {"name": "Oleg", "scopes": ["read", "manage"]}
    if path == VERIFICATIONS:
        tenant = SERVICE
    if JOB in path:
        path, body = path.replace(JOB, str(prepared)), None
    if OPERATOR in path:
        tenant, path, body = SERVICE, path.replace(OPERATOR, str(prepared)), None
    url = path.replace("{tenant_id:str}", str(tenant_of(ada))).replace("{user_id:str}", ada.user_id)
    answer = await olga.request(method, url, json=body)
    return answer.status_code, tenant


@pytest.mark.parametrize("act", ACTS)
async def test_an_action_is_recorded(
    ada: Creator, olga: AdminClient, database: asyncpg.Connection, act: tuple[str, str]
) -> None:
    await ada.idea()
    prepare, _, verbs = ACTS[act]
    prepared = await prepare(olga, ada, database)
    chains = await database.fetch("SELECT tenant_id, sequence FROM audit_heads")
    before = {chain["tenant_id"]: chain["sequence"] for chain in chains}

    status, tenant = await acted(olga, act, ada, prepared)

    assert status in {200, 201, 202}
    rows = await database.fetch(
        "SELECT * FROM audit_events WHERE tenant_id = $1 AND sequence > $2 ORDER BY sequence",
        tenant,
        before.get(tenant, 0),
    )
    targets = {row["verb"]: json.loads(row["targets"]) for row in rows}
    assert [found.pop("job") for found in targets.values() if "job" in found] == (
        [str(prepared)] if JOB in act[1] else []
    )
    of_operators = [found.pop("operator") for found in targets.values() if "operator" in found]
    assert len(of_operators) == ("/operators" in act[1])
    assert set(of_operators) == ({prepared} if OPERATOR in act[1] else set(of_operators))
    numbered = [found.pop(name) for found in targets.values() for name in NUMBERS if name in found]
    assert all(number.isdecimal() for number in numbered)
    of_a_vault = [found.pop("user_id") for found in targets.values() if "user_id" in found]
    assert set(of_a_vault) == ({ada.user_id} if VAULT in act[1] else set())
    assert targets == verbs
    assert {(row["actor"], row["outcome"]) for row in rows} == {(f"operator:{olga.id}", "done")}
    assert {len(bytes.fromhex(row["address"])) for row in rows if row["address"]} == {8}
    assert all(row["address"] for row in rows if VAULT not in act[1] or row["verb"] not in IN_BACKGROUND)


@pytest.mark.parametrize("act", ACTS)
async def test_an_action_that_cannot_be_recorded_is_not_executed(
    fresh_house: House, fresh_sql: asyncpg.Connection, act: tuple[str, str]
) -> None:
    ada, olga = fresh_house.creator(), await appointed(fresh_sql, fresh_house.client, *EVERY_SCOPE)
    await ada.idea()
    prepared = await ACTS[act][0](olga, ada, fresh_sql)
    before = await everything(fresh_sql)
    await fresh_sql.execute("ALTER TABLE audit_events ADD CONSTRAINT full_up CHECK (sequence < 0) NOT VALID")

    status, _ = await acted(olga, act, ada, prepared)

    assert status == 500
    assert await everything(fresh_sql) == before


async def everything(sql: asyncpg.Connection) -> dict[str, list[Any]]:
    tables = (
        "tenants",
        "vaults",
        "vault_erasures",
        "ideas",
        "tenant_erasures",
        "keys.vault_keys",
        "audit_events",
        "audit_heads",
        "jobs.queue",
    )
    rows = {table: await sql.fetch(f"SELECT * FROM {table} ORDER BY tenant_id") for table in tables}
    return rows | {"operators": await sql.fetch("SELECT * FROM operators ORDER BY id")}
