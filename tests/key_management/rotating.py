"""The commands `creatorvault keys …` in the process of the tests."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncpg
import httpx
from msgspec.structs import replace

from creatorvault.apps import protected_data
from creatorvault.core.identifiers import UserId, VaultId
from creatorvault.crypto.envelope import key_version_of
from creatorvault.key_management.findings import Finding
from creatorvault.key_management.installation import Installation, RunningLock, installation
from creatorvault.key_management.root_rotation import RootRotation, RootRotationResult
from creatorvault.key_management.rotation_runs import RotationResult, RotationRun
from creatorvault.key_management.schemas import KeysStatus
from creatorvault.key_management.scopes import Scope
from creatorvault.key_management.status import keys_status
from creatorvault.key_management.vault_rotation import Pace
from creatorvault.key_management.verification import Verification, Verified
from creatorvault.settings.secret import Secret
from creatorvault.settings.sections import Settings
from creatorvault.tenants.models import TenantKind
from creatorvault.tenants.resolution import TenantName
from tests.application import House
from tests.factories import Creator

EVERYTHING = Scope()


@dataclass
class Keys:
    """The commands `creatorvault keys …`, in this process. `findings` are what the last of them reported."""

    settings: Settings
    findings: list[Finding] = field(default_factory=list)

    @asynccontextmanager
    async def installed(self) -> AsyncGenerator[Installation]:
        async with installation(self.settings, protected_data()) as place:
            yield place

    async def rotate(self, scope: Scope = EVERYTHING, grace_seconds: float = 0.0) -> RotationResult:
        self.findings = []
        async with self.installed() as place, RunningLock(place.operators) as lock:
            run = RotationRun(place, Pace(None), grace_seconds, self.findings.append)
            return await run.rotate(scope, lock)

    async def rotate_root(self) -> RootRotationResult:
        self.findings = []
        async with self.installed() as place, RunningLock(place.operators) as lock:
            return await RootRotation(place, self.findings.append).rotate(lock)

    async def verify(self, scope: Scope = EVERYTHING) -> Verified:
        self.findings = []
        async with self.installed() as place:
            return await Verification(place, self.findings.append).verify(scope)

    async def status(self) -> KeysStatus:
        async with self.installed() as place:
            return await keys_status(place.operators, place.root_keys, place.data)

    def with_root_keys(self, text: str) -> "Keys":
        encryption = replace(self.settings.encryption, root_keys=Secret(text))
        return Keys(replace(self.settings, encryption=encryption))

    @property
    def said(self) -> list[str]:
        return [f"{finding.table} {finding.row}: {finding.problem}" for finding in self.findings]


def vault_of(creator: Creator) -> VaultId:
    return VaultId(TenantName(TenantKind.PERSONAL, "better-auth", creator.user_id).id, UserId(creator.user_id))


def scope_of(creator: Creator) -> Scope:
    return Scope(*vault_of(creator))


async def versions_in_use(sql: asyncpg.Connection, vault: VaultId) -> set[int]:
    """Of all envelopes in all declared tables."""
    found: set[int] = set()
    for table in protected_data().sealed:
        columns = ", ".join(table.sealed)
        rows = await sql.fetch(
            f"SELECT {columns} FROM {table.name} WHERE tenant_id = $1 AND user_id = $2", vault.tenant_id, vault.user_id
        )
        found |= {key_version_of(value) for row in rows for value in row}
    return found


async def stored_keys(sql: asyncpg.Connection, vault: VaultId) -> list[int]:
    rows = await sql.fetch(
        "SELECT version FROM keys.vault_keys WHERE tenant_id = $1 AND user_id = $2 ORDER BY 1",
        vault.tenant_id,
        vault.user_id,
    )
    return [row[0] for row in rows]


async def filled(house: House, ideas: int = 5) -> Creator:
    """A creator with ideas, some changed since, and a segment if there are enough."""
    creator = house.creator()
    made = [await creator.idea(f"Idea {number}", notes="Some notes", tags=["a", "b"]) for number in range(ideas)]
    await creator.patch(made[0], {"stage": "draft"})
    await creator.titles({"search": "idea"})
    await house.parts.segment_writer.finish()
    await house.parts.checkpoint_writer.finish()
    return creator


async def everything(creator: Creator) -> list[tuple[int, str, dict[str, str]]]:
    """Answers with the headers that a client could compare."""
    first = await creator.list({"limit": 100})
    answers = [first, await creator.list({"search": "idea", "sort": "title"})]
    answers += [await creator.get(idea) for idea in first.json()["items"]]
    return [(answer.status_code, answer.text, _compared(answer)) for answer in answers]


def _compared(answer: httpx.Response) -> dict[str, str]:
    return {name: answer.headers[name] for name in ("etag", "last-modified") if name in answer.headers}
