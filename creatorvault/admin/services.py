"""Management of tenants by operators. Every change is recorded in the audit log in the same transaction."""

import os
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from creatorvault import __version__
from creatorvault.admin.errors import RootKeyUnusable, TenantConflict, TenantNotFound
from creatorvault.admin.parts import AdminParts
from creatorvault.admin.queries import AdminAuditQuery, TenantQuery, VaultQuery
from creatorvault.admin.repositories import (
    AdminRepository,
    TenantFiguresRepository,
    TenantPlace,
    VaultFiguresRepository,
    VaultPlace,
)
from creatorvault.admin.schemas import (
    Figures,
    RootKeyList,
    TenantCreate,
    TenantList,
    TenantQuotas,
    TenantResponse,
    TenantRetention,
    VaultList,
    VaultResponse,
    VaultState,
)
from creatorvault.admin.schemas_of_jobs import JobList, JobQuery
from creatorvault.admin.schemas_of_operators import OperatorList, OperatorQuery
from creatorvault.admin.services_of_jobs import job_page
from creatorvault.admin.services_of_operators import operator_page
from creatorvault.audit.audit_key import AuditKeys
from creatorvault.audit.schemas import AuditEventList
from creatorvault.audit.services import AuditRecorder, EventLists
from creatorvault.core.database.sessions import ReadSession, WriteSession
from creatorvault.core.errors import Alert
from creatorvault.core.identifiers import TenantId
from creatorvault.crypto.envelope import KEY_BYTES
from creatorvault.crypto.errors import RootKeyUnavailable, WrongKey
from creatorvault.crypto.providers.protocol import KeyWrapper
from creatorvault.tenants.models import Tenant, TenantStatus
from creatorvault.tenants.resolution import TenantName

TRIAL: Final = b"creatorvault/trial/v1"
SIZES: Final = frozenset({"ideas", "sealed_bytes"})
"""The orders of tenants by a number. The others are by time."""

_numbers: Final[msgspec.json.Decoder[TenantPlace]] = msgspec.json.Decoder(tuple[int, UUID])
_times: Final[msgspec.json.Decoder[TenantPlace]] = msgspec.json.Decoder(tuple[datetime, UUID])
_vaults: Final = msgspec.json.Decoder(VaultPlace)


class ProcessFigures(NamedTuple):
    opened_vaults: int
    corpora: int
    corpora_bytes: int

    @classmethod
    def of(cls, parts: AdminParts) -> "ProcessFigures":
        corpora = parts.search_cache.statistics()
        return cls(parts.keyring.vaults_held, corpora.vaults, corpora.bytes)


class Overview:
    """Read-only queries over all tenants, from one snapshot.

    Those that return a page raise CursorInvalid and, if the query has a cursor, as `AuditKeys.chain`.
    """

    def __init__(self, session: ReadSession, keys: AuditKeys) -> None:
        self._session = session
        self._keys = keys
        self._repository = AdminRepository(session)

    @property
    def session(self) -> ReadSession:
        """For other apps, whose figures are then of the same snapshot."""
        return self._session

    async def figures(self, process: ProcessFigures) -> Figures:
        usage = await self._repository.usage()
        return Figures(
            version=__version__,
            migrated=(await self._repository.standing()).serves,
            tenants=await self._repository.tenants_by_status(),
            vaults=usage.vaults,
            ideas=int(usage.ideas),
            sealed_bytes=int(usage.sealed_bytes),
            **process._asdict(),
        )

    async def tenants(self, query: TenantQuery) -> TenantList:
        places = _numbers if query.sort in SIZES else _times
        cursors = await self._keys.cursors(self._session, query, places, "tenants")
        found = await TenantFiguresRepository(self._session).page(query, cursors.place())
        page = cursors.page(*found, lambda listed: (listed.value, listed.tenant.tenant_id))
        return TenantList(
            items=[listed.tenant for listed in page.rows],
            **page.fields(query),
        )

    async def tenant(self, tenant_id: TenantId) -> TenantResponse:
        """Raises TenantNotFound."""
        return await tenant_detail(self._session, tenant_id)

    async def vaults(self, query: VaultQuery) -> VaultList:
        cursors = await self._keys.cursors(self._session, query, _vaults, "vaults")
        found = await VaultFiguresRepository(self._session).page(query, cursors.place())
        page = cursors.page(*found, lambda row: VaultPlace(row.changed_at, row.tenant_id, row.user_id))
        items = [
            VaultResponse(
                tenant_id=row.tenant_id,
                user_id=row.user_id,
                status=VaultState(row.status or VaultState.ACTIVE),
                revision=row.revision,
                ideas=row.idea_count,
                sealed_bytes=row.sealed_bytes,
                key_version=row.key_version,
                created_at=row.created_at,
                last_activity=row.changed_at,
            )
            for row in page.rows
        ]
        return VaultList(
            items=items,
            **page.fields(query),
        )

    async def root_keys(self) -> RootKeyList:
        return RootKeyList(items=list(await self._repository.root_keys()))

    async def jobs(self, query: JobQuery) -> JobList:
        return await job_page(self._session, self._keys, query)

    async def operators(self, query: OperatorQuery) -> OperatorList:
        return await operator_page(self._session, self._keys, query)

    async def events(self, query: AdminAuditQuery) -> AuditEventList:
        return await EventLists(self._session, self._keys, query.tenant_id).page(query)


class Administration:
    """Changes tenants."""

    def __init__(self, session: WriteSession, recorder: AuditRecorder) -> None:
        self._session = session
        self._recorder = recorder
        self._repository = AdminRepository(session)

    async def create(self, given: TenantCreate) -> TenantResponse:
        """Raises TenantConflict if the tenant exists."""
        name = TenantName(given.kind, given.realm, given.external_id)
        if not await self._repository.create(name):
            raise TenantConflict("This tenant exists already")
        await self._recorder.record(self._session, name.id, "tenant.created", kind=given.kind.value)
        return await tenant_detail(self._session, name.id)

    async def suspend(self, tenant_id: TenantId) -> TenantResponse:
        """Raises TenantNotFound, and TenantConflict for a tenant that is being erased or erased."""
        return await self._transition(tenant_id, TenantStatus.ACTIVE, TenantStatus.SUSPENDED, "tenant.suspended")

    async def resume(self, tenant_id: TenantId) -> TenantResponse:
        """Raises as `suspend`."""
        return await self._transition(tenant_id, TenantStatus.SUSPENDED, TenantStatus.ACTIVE, "tenant.resumed")

    async def set_quotas(self, tenant_id: TenantId, given: TenantQuotas) -> TenantResponse:
        """Raises as `suspend`, except that the quotas of a tenant that is being erased can be set."""
        tenant = await locked_tenant(self._repository, tenant_id)
        quotas = given.model_dump()
        await self._repository.change(tenant, **quotas)
        targets = {name: "default" if value is None else str(value) for name, value in quotas.items()}
        await self._recorder.record(self._session, tenant_id, "tenant.quotas_set", **targets)
        return await tenant_detail(self._session, tenant_id)

    async def set_owner_export(self, tenant_id: TenantId, *, allowed: bool) -> TenantResponse:
        """Raises as `set_quotas`."""
        tenant = await locked_tenant(self._repository, tenant_id)
        await self._repository.change(tenant, owner_export=allowed)
        await self._recorder.record(
            self._session, tenant_id, "tenant.owner_export_set", owner_export=str(allowed).lower()
        )
        return await tenant_detail(self._session, tenant_id)

    async def set_root_key(self, tenant_id: TenantId, root_key_id: str | None, root_keys: KeyWrapper) -> TenantResponse:
        """Raises as `set_quotas`, and RootKeyUnusable."""
        if root_key_id is not None:
            await _try(root_keys, root_key_id)
        tenant = await locked_tenant(self._repository, tenant_id)
        await self._repository.change(tenant, root_key_id=root_key_id)
        await self._recorder.record(
            self._session, tenant_id, "tenant.root_key_set", root_key_id=root_key_id or "default"
        )
        return await tenant_detail(self._session, tenant_id)

    async def set_retention(self, tenant_id: TenantId, given: TenantRetention) -> TenantResponse:
        """Raises as `set_quotas`."""
        tenant, days = await locked_tenant(self._repository, tenant_id), given.retention_days
        await self._repository.change(tenant, retention_days=days)
        chosen = "default" if days is None else str(days)
        await self._recorder.record(self._session, tenant_id, "tenant.retention_set", retention_days=chosen)
        return await tenant_detail(self._session, tenant_id)

    async def _transition(
        self, tenant_id: TenantId, before: TenantStatus, after: TenantStatus, verb: str
    ) -> TenantResponse:
        """Does nothing if the tenant already has this status."""
        tenant = await locked_tenant(self._repository, tenant_id)
        if tenant.status == before:
            await self._repository.change(tenant, status=after.value)
            await self._recorder.record(self._session, tenant_id, verb)
        elif tenant.status != after:
            raise TenantConflict("This tenant is being erased; withdraw the erasure first")
        return await tenant_detail(self._session, tenant_id)


async def _try(root_keys: KeyWrapper, root_key_id: str) -> None:
    """Wraps a throw-away key and unwraps it again. Raises RootKeyUnusable."""
    key = os.urandom(KEY_BYTES)
    try:
        if await root_keys.unwrap(*await root_keys.wrap(key, TRIAL, root_key_id), TRIAL) == key:
            return
    except RootKeyUnavailable as error:
        raise RootKeyUnusable(root_key_id, error.reason) from None
    except Alert as alert:
        raise RootKeyUnusable(root_key_id, alert.alarm) from None
    raise RootKeyUnusable(root_key_id, WrongKey.alarm)


async def locked_tenant(repository: AdminRepository[WriteSession], tenant_id: TenantId) -> Tenant:
    """Raises TenantNotFound, and TenantConflict for an erased one, which nothing can be done to any more."""
    tenant = await repository.locked(tenant_id)
    if tenant is not None:
        return tenant
    if await repository.exists(tenant_id=tenant_id):
        raise TenantConflict("This tenant is erased")
    raise TenantNotFound(tenant_id)


async def tenant_detail(session: ReadSession, tenant_id: TenantId) -> TenantResponse:
    """Raises TenantNotFound."""
    tenant = await TenantFiguresRepository(session).one_or_none(tenant_id)
    if tenant is None:
        raise TenantNotFound(tenant_id)
    return tenant
