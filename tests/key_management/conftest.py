"""A service on a database of its own, whose keys are rotated beside it."""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import asyncpg
import pytest
from msgspec.structs import replace

from creatorvault.apps import protected_data
from creatorvault.core.identifiers import UserId, VaultId
from creatorvault.key_management.findings import Finding
from creatorvault.key_management.installation import Installation, RunningLock, installation
from creatorvault.key_management.root_rotation import RootRotation, RootRotationResult
from creatorvault.key_management.rotation_runs import RotationResult, RotationRun
from creatorvault.key_management.scopes import Scope
from creatorvault.key_management.status import KeysStatus, keys_status
from creatorvault.key_management.vault_rotation import Pace
from creatorvault.key_management.verification import Verification, Verified
from creatorvault.settings.secret import Secret
from creatorvault.settings.sections import Settings
from creatorvault.tenants.models import TenantKind
from creatorvault.tenants.resolution import TenantName
from tests.application import House, environment_of, open_house, settings_of
from tests.factories import Creator
from tests.postgres import Cluster, Database

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
            return await keys_status(place)

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


@pytest.fixture(scope="module")
def own_database(cluster: Cluster) -> Generator[Database]:
    database = cluster.clone(f"keys_{uuid4().hex}")
    yield database
    cluster.drop(database)


@pytest.fixture(scope="module")
def own_environ(own_database: Database, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return environment_of(own_database, tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
async def service(own_environ: dict[str, str], own_database: Database) -> AsyncGenerator[House]:
    async with open_house(own_environ, own_database) as house:
        yield house


@pytest.fixture
def keys(own_environ: dict[str, str]) -> Keys:
    return Keys(settings_of(own_environ))


@pytest.fixture
async def sql(own_database: Database) -> AsyncGenerator[asyncpg.Connection]:
    """A superuser's connection."""
    connection = await asyncpg.connect(own_database.superuser_url)
    yield connection
    await connection.close()
