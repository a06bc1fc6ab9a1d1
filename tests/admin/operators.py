"""Operators and the requests they can make."""

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
from litestar import Litestar

from creatorvault.admin.operator_keys import new_key
from creatorvault.core.identifiers import TenantId
from creatorvault.tenants.models import TenantKind
from creatorvault.tenants.resolution import TenantName
from tests.factories import Creator
from tests.parts import OpenParts

ADMIN = "/api/v1/admin"
EVERY_SCOPE = ("read", "manage", "keys", "operators")
OPERATIONS = {
    ("GET", "/status"): "read",
    ("GET", "/tenants"): "read",
    ("POST", "/tenants"): "manage",
    ("GET", "/tenants/{tenant_id:str}"): "read",
    ("POST", "/tenants/{tenant_id:str}/suspend"): "manage",
    ("POST", "/tenants/{tenant_id:str}/resume"): "manage",
    ("PUT", "/tenants/{tenant_id:str}/quotas"): "manage",
    ("PUT", "/tenants/{tenant_id:str}/root-key"): "keys",
    ("PUT", "/tenants/{tenant_id:str}/retention"): "manage",
    ("PUT", "/tenants/{tenant_id:str}/owner-export"): "manage",
    ("POST", "/tenants/{tenant_id:str}/erasure"): "manage",
    ("DELETE", "/tenants/{tenant_id:str}/erasure"): "manage",
    ("POST", "/tenants/{tenant_id:str}/erasure/confirm"): "keys",
    ("GET", "/tenants/{tenant_id:str}/vaults/{user_id:str}/erasure"): "read",
    ("POST", "/tenants/{tenant_id:str}/vaults/{user_id:str}/erasure"): "manage",
    ("DELETE", "/tenants/{tenant_id:str}/vaults/{user_id:str}/erasure"): "manage",
    ("POST", "/tenants/{tenant_id:str}/vaults/{user_id:str}/erasure/confirm"): "keys",
    ("GET", "/vaults"): "read",
    ("GET", "/root-keys"): "keys",
    ("GET", "/audit"): "read",
    ("GET", "/series"): "read",
    ("GET", "/configuration"): "read",
    ("GET", "/checks"): "read",
    ("GET", "/readiness"): "read",
    ("GET", "/jobs"): "read",
    ("POST", "/jobs/{job_id:str}/retry"): "manage",
    ("DELETE", "/jobs/{job_id:str}"): "manage",
    ("GET", "/operators"): "read",
    ("POST", "/operators"): "operators",
    ("POST", "/operators/{operator_id:str}/revoke"): "operators",
    ("GET", "/keys"): "keys",
    ("GET", "/keys/rotations"): "keys",
    ("GET", "/keys/rotations/{rotation_id:str}"): "keys",
    ("POST", "/keys/rotations"): "keys",
    ("GET", "/audit/export"): "read",
    ("GET", "/audit/verifications"): "read",
    ("GET", "/audit/verifications/{verification_id:str}"): "read",
    ("POST", "/audit/verifications"): "read",
}
"""Each, with the scope that it needs."""


@dataclass(frozen=True)
class AdminClient:
    """Somebody with an operator key, and with it the requests they can make."""

    client: httpx.AsyncClient
    id: UUID
    key_id: str
    key: str

    async def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.key}"} | dict(options.pop("headers", {}))
        return await self.client.request(method, ADMIN + path, headers=headers, **options)

    async def get(self, path: str, **parameters: Any) -> Any:
        answer = await self.request("GET", path, params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: object = None) -> Any:
        answer = await self.request("POST", path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    async def events(self, tenant: TenantId | UUID) -> list[Any]:
        """The verbs of a tenant's events, the oldest first."""
        page = await self.get("/audit", tenant_id=str(tenant), limit=100)
        return [event["verb"] for event in reversed(page["items"])]


type Appoint = Callable[..., Awaitable[AdminClient]]


async def appointed(
    sql: asyncpg.Connection,
    client: httpx.AsyncClient,
    *scopes: str,
    expires_at: datetime | None = None,
) -> AdminClient:
    """A new operator, whom the application behind `client` knows at once: tests are faster than a second."""
    key, operator_id = new_key(), uuid4()
    await sql.execute(
        "INSERT INTO operators (id, name, key_id, key_hash, scopes, expires_at, created_at) "
        "VALUES ($1, 'Olga', $2, $3, $4, $5, now())",
        operator_id,
        key.key_id,
        key.hash,
        list(scopes),
        expires_at,
    )
    keys = OpenParts(application(client)).operator_keys
    keys._table._not_before = -math.inf
    return AdminClient(client, operator_id, key.key_id, key.text)


def application(client: httpx.AsyncClient) -> Litestar:
    """The one that a client of the tests talks to."""
    app = getattr(client._transport, "app", None)
    assert isinstance(app, Litestar)
    return app


def tenant_of(creator: Creator) -> TenantId:
    org = creator.claims.get("org_id")
    if org:
        return TenantName(TenantKind.ORGANIZATION, "better-auth", str(org)).id
    return TenantName(TenantKind.PERSONAL, "better-auth", creator.user_id).id
