"""Callers in the matrix: creators in tenants of each status, their ideas, and operators with each scope."""

import math
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

import asyncpg
import httpx

from creatorvault.admin.operator_keys import new_key
from creatorvault.core.identifiers import TenantId, UserId, VaultId
from creatorvault.tenants.models import TenantKind
from creatorvault.tenants.resolution import TenantName
from tests.application import House
from tests.factories import Idea
from tests.isolation import designed
from tests.isolation.locks import Locks, scope_off
from tests.ways import forget

BODIES: Final[Mapping[str, object]] = {
    "POST /api/v1/{user_id}/ideas": {"title": "Asked for"},
    # A board of Trello's.
    "POST /api/v1/{user_id}/imports": {
        "name": "Board",
        "lists": [],
        "cards": [{"id": "65a000000000000000000001", "name": "Asked for"}],
    },
    "POST /api/v1/{user_id}/ideas/bulk": {"operations": [{"op": "create", "idea": {"title": "Asked for"}}]},
    "POST /api/v1/{user_id}/tags/rename": {"from": ["asked"], "to": "asked for"},
    "PUT /api/v1/{user_id}/ideas/{idea_id}": {"title": "Asked for"},
    "PATCH /api/v1/{user_id}/ideas/{idea_id}": {"title": "Asked for"},
    "PUT /api/v1/admin/tenants/{tenant_id}/quotas": {"idea_quota": 1_000_000},
    "PUT /api/v1/admin/tenants/{tenant_id}/root-key": {"root_key_id": None},
    "PUT /api/v1/admin/tenants/{tenant_id}/retention": {"retention_days": 20},
    "PATCH /api/v1/{user_id}/settings": {"retention_days": 20},
    "PUT /api/v1/admin/tenants/{tenant_id}/owner-export": {"owner_export": True},
    "POST /api/v1/{user_id}/export": {"format": "csv"},
    "POST /api/v1/admin/operators": {"name": "Oleg", "scopes": ["operators"]},
    "POST /api/v1/admin/tenants/{tenant_id}/erasure/confirm": {"confirmation": "guessed"},
    "POST /api/v1/admin/tenants/{tenant_id}/vaults/{user_id}/erasure/confirm": {"confirmation": "guessed"},
}
SCOPES: Final = {
    designed.READ: ["read"],
    designed.MANAGE: ["manage"],
    designed.KEYS: ["keys"],
    designed.OPERATORS: ["operators"],
}
STATUSES: Final = {designed.SUSPENDED: "suspended", designed.ERASING: "erasing", designed.ERASED: "erased"}
EPOCH: Final = datetime.fromtimestamp(0, UTC)
CORRELATED: Final = {"X-Correlation-ID": "the-same"}
NOT_COMPARED: Final = {"date", "ratelimit", "ratelimit-policy"}


type Seen = tuple[int, list[tuple[str, str]], bytes]
"""The parts of a response that a client can compare: status, headers, body."""


def seen(answer: httpx.Response, *names: object) -> Seen:
    """`names` are values from the request, which the response may repeat."""
    body = answer.content
    for name in names:
        body = body.replace(str(name).encode(), b"<what was asked for>")
    headers = sorted((name, value) for name, value in answer.headers.multi_items() if name not in NOT_COMPARED)
    return answer.status_code, headers, body


NO_JOB: Final = 2**62
UNDER_WAY_ONCE: Final = ("keys.rotations", "audit_verifications")
"""What an earlier caller has asked for would refuse a later one."""


@dataclass(frozen=True)
class Someone:
    """A caller, and the resources of the caller that requests name."""

    client: httpx.AsyncClient
    headers: Mapping[str, str]
    user_id: str
    org_id: str
    idea: Idea
    deleted: Idea
    undo: str

    @property
    def tenant_id(self) -> TenantId:
        return TenantName(TenantKind.ORGANIZATION, "better-auth", self.org_id).id

    @property
    def vault(self) -> VaultId:
        return VaultId(self.tenant_id, UserId(self.user_id))

    async def ask(self, operation: str, headers: Mapping[str, str] | None = None, **names: object) -> httpx.Response:
        """`names` are the ids of the path; by default the caller's own."""
        method, _, path = operation.partition(" ")
        ids = {
            "user_id": self.user_id,
            "idea_id": self.idea_of(operation)["id"],
            "number": 1,
            "import_id": uuid4(),
            **dict.fromkeys(("job_id", "rotation_id", "verification_id"), NO_JOB),
            "operator_id": uuid4(),
            "tenant_id": self.tenant_id,
            **names,
        }
        body = BODIES.get(operation)
        if operation == "POST /api/v1/{user_id}/undo":
            body = {"undo": self.undo}
        if operation == "POST /api/v1/admin/tenants":
            body = {"kind": "organization", "realm": "better-auth", "external_id": str(uuid4())}
        if operation == "POST /api/v1/admin/keys/rotations":
            body = {"tenant_id": str(self.tenant_id)}
        return await self.client.request(
            method, path.format(**ids), json=body, headers={**CORRELATED, **self.headers, **(headers or {})}
        )

    def idea_of(self, operation: str) -> Idea:
        """Returns an idea that the operation can be executed for."""
        is_of_trash = operation.endswith(("trash/{idea_id}", "{idea_id}/restore"))
        return self.deleted if is_of_trash else self.idea

    async def still_reads(self) -> Idea:
        answer = await self.ask("GET /api/v1/{user_id}/ideas/{idea_id}")
        assert answer.status_code == 200, answer.text
        idea: Idea = answer.json()
        return idea


class Cast:
    """Creates callers on demand, in one house."""

    def __init__(self, house: House, locks: Locks) -> None:
        self.house = house
        self._locks = locks
        self._keys: dict[str, str] = {}

    def locks(self) -> AbstractContextManager[None]:
        """Requests within the context are sent with only these locks. All ideas must be stored before."""
        return nullcontext() if self._locks.scoped else scope_off()

    async def creator(self, user_id: str | None = None, org_id: str | None = None, role: str = "member") -> Someone:
        """Returns a creator with a stored idea, in a new organization unless `org_id` is given."""
        org_id = org_id or f"org-{uuid4()}"
        creator = self.house.creator(user_id, {"org_id": org_id, "org_role": role})
        first = await creator.idea("Kept", notes="private", tags=["private"])
        idea = (await creator.patch(first, {"due_date": "2026-12-24T18:00:00Z"})).json()
        deleted = await creator.idea("Thrown away", notes="private", tags=["private"])
        undo = (await creator.delete(deleted)).headers["X-Undo"]
        return Someone(self.house.client, creator.headers, creator.user_id, org_id, idea, deleted, undo)

    async def remember(self, someone: Someone, *, cold: bool) -> None:
        """Makes the process know their vault and its search index, or nothing of it if `cold`."""
        if cold:
            forget(self.house, someone.vault)
            return
        for query in ("", "", "?search=kept"):
            assert (await someone.ask(f"GET /api/v1/{{user_id}}/ideas{query}")).status_code == 200

    async def called(self, caller: str, *, cold: bool | None = None) -> Someone:
        """Returns the caller of a column of the designed statuses. `cold` is as in `remember`."""
        for table in UNDER_WAY_ONCE:
            await self._sql(f"UPDATE {table} SET finished_at = now() WHERE finished_at IS NULL")
        someone = await self.creator(role="owner" if caller in (designed.OWNER, *STATUSES) else "member")
        if cold is not None:
            await self.remember(someone, cold=cold)
        if caller in STATUSES:
            await self._sql("UPDATE tenants SET status = $1 WHERE tenant_id = $2", STATUSES[caller], someone.tenant_id)
        elif caller == designed.NOBODY:
            return replace(someone, headers={})
        elif caller == designed.ADMIN:
            claims = {"role": "admin", "org_id": someone.org_id, "org_role": "member"}
            return replace(someone, headers=self.house.creator(someone.user_id, claims).headers)
        elif caller not in (designed.CREATOR, designed.OWNER):
            return replace(someone, headers={"Authorization": f"Bearer {await self._key(caller)}"})
        return someone

    async def _key(self, caller: str) -> str:
        """Returns one key for each kind of operator, since hashing takes longer than the rest of a case."""
        if caller not in self._keys:
            self._keys[caller] = await self._new_key(caller)
        return self._keys[caller]

    async def _new_key(self, caller: str) -> str:
        key = new_key()
        await self._sql(
            "INSERT INTO operators (id, name, key_id, key_hash, scopes, revoked_at, expires_at, created_at) "
            "VALUES ($1, 'Olga', $2, $3, $4, $5, $6, now())",
            uuid4(),
            key.key_id,
            key.hash,
            SCOPES.get(caller, ["read", "manage", "keys", "operators"]),
            EPOCH if caller == designed.REVOKED else None,
            EPOCH if caller == designed.EXPIRED else None,
        )
        self.house.parts.operator_keys._table._not_before = -math.inf  # valid immediately
        return key.text

    async def _sql(self, statement: str, *arguments: object) -> None:
        connection = await asyncpg.connect(self.house.database.superuser_url)
        try:
            await connection.execute(statement, *arguments)
        finally:
            await connection.close()
