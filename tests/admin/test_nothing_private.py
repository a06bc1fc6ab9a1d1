"""No response to an operator or a tenant's owner contains content or ciphertext: each operation is called."""

import json
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.admin.operators import AdminClient, tenant_of
from tests.factories import Creator

DOCUMENT: Final = json.loads((Path(__file__).parents[2] / "docs/openapi.json").read_text(encoding="utf-8"))
CANARY: Final = "canary-for-the-operators"
ADMIN: Final = "/api/v1/admin"
ONE: Final = f"{ADMIN}/tenants/{{tenant_id}}"
VAULT: Final = f"{ONE}/vaults/{{user_id}}/erasure"
WHOLE: Final[dict[str, Any]] = {"params": {"limit": "100"}}
READS: Final[list[tuple[str, dict[str, Any]]]] = [
    (f"GET {ADMIN}/status", {}),
    (f"GET {ADMIN}/tenants", WHOLE),
    (f"GET {ONE}", {}),
    (f"GET {ADMIN}/vaults", WHOLE),
    (f"GET {ADMIN}/root-keys", {}),
    (f"GET {ADMIN}/audit", WHOLE),
    (f"GET {ADMIN}/jobs", WHOLE),
    (f"GET {ADMIN}/operators", WHOLE),
    (f"GET {ADMIN}/keys", {}),
    (f"GET {ADMIN}/keys/rotations", WHOLE),
    (f"GET {ADMIN}/audit/verifications", WHOLE),
    (f"GET {ADMIN}/audit/export", {}),
    (f"GET {ADMIN}/series", {"params": {"span": "week"}}),
    (f"GET {ADMIN}/configuration", {}),
    (f"GET {ADMIN}/checks", {}),
    (f"GET {ADMIN}/readiness", {}),
]
ACTS: Final[list[tuple[str, dict[str, Any]]]] = [
    (f"POST {ADMIN}/tenants", {"json": {"kind": "personal", "realm": "better-auth", "external_id": "{user_id}"}}),
    (f"POST {ONE}/suspend", {}),
    (f"POST {ONE}/resume", {}),
    (f"PUT {ONE}/quotas", {"json": {"idea_quota": 7}}),
    (f"PUT {ONE}/quotas", {"json": {"idea_quota": 0}}),
    (f"PUT {ONE}/root-key", {"json": {"root_key_id": "tests"}}),
    (f"PUT {ONE}/root-key", {"json": {"root_key_id": "transit/elsewhere"}}),
    (f"PUT {ONE}/retention", {"json": {"retention_days": 20}}),
    (f"POST {ADMIN}/jobs/{{job_id}}/retry", {}),
    (f"DELETE {ADMIN}/jobs/{{job_id}}", {}),
    (f"POST {ADMIN}/operators", {"json": {"name": "Oleg", "scopes": ["read"]}}),
    (f"POST {ADMIN}/operators/{{operator_id}}/revoke", {}),
    (f"GET {ADMIN}/keys/rotations/{{rotation_id}}", {}),
    (f"GET {ADMIN}/audit/verifications/{{verification_id}}", {}),
    (f"POST {ADMIN}/keys/rotations", {"json": {"tenant_id": "{operator_id}"}}),
    (f"POST {ADMIN}/audit/verifications", {}),
    (f"PUT {ONE}/owner-export", {"json": {"owner_export": True}}),
    (f"POST {VAULT}", {}),
    (f"POST {VAULT}/confirm", {"json": {"confirmation": "wrong"}}),
    (f"GET {VAULT}", {}),
    (f"DELETE {VAULT}", {}),
    (f"POST {ONE}/erasure", {}),
    (f"POST {ONE}/erasure/confirm", {"json": {"confirmation": "wrong"}}),
    (f"DELETE {ONE}/erasure", {}),
    (f"POST {ONE}/erasure", {}),
    (f"POST {ONE}/erasure/confirm", {"json": {"confirmation": "{confirmation}"}}),
]
NOTHING_UNDER_WAY: Final = "UPDATE audit_verifications SET finished_at = now() WHERE finished_at IS NULL"

EXPORT: Final = "GET /api/v1/tenant/members/{user_id}/export"
"""It shows what members have stored, if an operator has allowed it (tests/transfer/exporting/test_members.py)."""

OWN: Final = [("GET /api/v1/tenant", {}), ("GET /api/v1/tenant/members", WHOLE), ("GET /api/v1/tenant/audit", WHOLE)]


def documented(prefix: str) -> set[str]:
    return {
        f"{method.upper()} {path}"
        for path, methods in DOCUMENT["paths"].items()
        for method in methods
        if path == prefix or path.startswith(f"{prefix}/")
    }


def test_every_documented_operation_is_called() -> None:
    assert {operation for operation, _ in (*READS, *ACTS)} == documented(ADMIN)
    assert {operation for operation, _ in OWN} == documented("/api/v1/tenant") - {EXPORT}


@pytest.fixture
async def ada(organization: Callable[..., Creator]) -> Creator:
    """An owner of an organization, who has stored the canary in every field."""
    ada = organization("owner")
    await ada.post({"title": CANARY, "notes": CANARY, "tags": [CANARY]}, headers={"Idempotency-Key": CANARY})
    return ada


@pytest.fixture
async def pieces(ada: Creator, database: asyncpg.Connection) -> set[str]:
    """Parts of all stored values and of the wrapped key, in each form in which a response could contain them."""
    stored: list[bytes] = []
    for table, columns in (
        ("ideas", "title, notes, tags"),
        ("idempotency_answers", "name, answer"),
        ("keys.vault_keys", "wrapped"),
    ):
        stored += await database.fetchrow(f"SELECT {columns} FROM {table} WHERE tenant_id = $1", tenant_of(ada))
    size, header = 6, 18  # a multiple of three, so that base64 has whole letters; the header before it is not secret
    parts = [value[start : start + size] for value in stored for start in range(header, len(value) - size, size)]
    assert len(parts) > 20
    return {form for part in parts for form in (part.hex(), part.decode("latin-1"), b64encode(part).decode())}


@pytest.mark.parametrize("accept", ["application/json", "application/problem+json"])
async def test_responses_to_operators_contain_no_content(
    ada: Creator, olga: AdminClient, pieces: set[str], database: asyncpg.Connection, accept: str
) -> None:
    known = {"tenant_id": str(tenant_of(ada)), "user_id": ada.user_id, "confirmation": "", "job_id": str(2**62)} | {
        "operator_id": str(uuid4()),
        "rotation_id": str(10**9),
        "verification_id": str(10**9),
    }

    async def ask(operation: str, options: dict[str, Any]) -> httpx.Response:
        method, path = filled(operation).split()
        body = {name: filled(value) for name, value in options.get("json", {}).items()}
        more = {"json": body} if body else options
        return await olga.request(method, path.removeprefix(ADMIN), headers={"Accept": accept}, **more)

    def filled(value: Any) -> Any:
        return value.format(**known) if isinstance(value, str) else value

    statuses = []
    for operation, options in (*READS, *ACTS, *READS):
        await database.execute("UPDATE tenant_erasures SET not_before = now() WHERE tenant_id = $1", tenant_of(ada))
        await database.execute(NOTHING_UNDER_WAY)
        answer = await ask(operation, options)
        if answer.headers["content-type"] != "application/jsonl":
            known["confirmation"] = answer.json().get("confirmation", "")
        statuses.append(answer.status_code)
        assert betrayed(answer, pieces) == []
    await database.execute(NOTHING_UNDER_WAY)

    jobs, operators, vaults, tenants = (404, 404), (201, 404), (202, 403, 200, 200), (202, 403, 200, 202, 200)
    runs = 404, 404, 404, 202
    changes = [201, 200, 200, 200, 422, 200, 409, 200, *jobs, *operators, *runs, 200, *vaults, *tenants]
    assert statuses == [200] * len(READS) + changes + [200] * len(READS)


@pytest.mark.parametrize("accept", ["application/json", "application/problem+json"])
async def test_responses_to_tenant_owners_contain_no_content(ada: Creator, pieces: set[str], accept: str) -> None:
    for operation, options in OWN:
        answer = await ada.request("GET", operation.removeprefix("GET "), headers={"Accept": accept}, **options)

        assert answer.status_code == 200
        assert betrayed(answer, pieces) == []


def test_the_search_finds_content_in_every_form(pieces: set[str]) -> None:
    for told in (CANARY, *pieces):
        assert told in betrayed(httpx.Response(200, content=f"so {told} it is".encode()), pieces)


def betrayed(answer: httpx.Response, pieces: set[str]) -> list[str]:
    """Returns the parts of the canary, or of its stored values, that a response contains."""
    told = f"{answer.headers}{answer.text}"
    return [piece for piece in {CANARY, *pieces} if piece in told]
