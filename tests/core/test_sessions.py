"""Sessions for reading and for writing are different types, and PostgreSQL holds them to it."""

import pytest
from sqlalchemy import text

from creatorvault.admin.erasure import Erasure
from creatorvault.admin.repositories import AdminRepository
from creatorvault.audit.services import AuditRecorder
from creatorvault.core.database.sessions import ReadSession, WriteSession
from creatorvault.core.database.tenant_data import TenantData
from creatorvault.core.errors import ServiceUnavailable
from creatorvault.core.identifiers import TenantId, VaultId
from creatorvault.erasure.persons import Persons
from creatorvault.idempotency.services import IdempotencyKey
from creatorvault.tenants.repositories import VaultRepository
from creatorvault.tenants.resolution import TenantName
from tests.application import House


async def test_a_session_for_reading_is_none_for_writing(house: House) -> None:
    async with house.parts.database.reading() as session:
        assert type(session) is ReadSession
    async with house.parts.database.writing() as session:
        assert isinstance(session, WriteSession)
        assert isinstance(session, ReadSession), "whoever may write may read"


@pytest.mark.own_statements
async def test_nothing_is_written_through_a_session_for_reading(house: House) -> None:
    with pytest.raises(ServiceUnavailable) as refused:
        async with house.parts.database.reading() as session:
            await session.execute(text("DELETE FROM ideas"))

    assert "read-only transaction" in str(refused.value.__cause__)


async def refused_by_mypy(
    session: ReadSession,
    vault: VaultId,
    recorder: AuditRecorder,
    tenant: TenantId,
    tenant_name: TenantName,
) -> None:
    """Not run: mypy checks that each of these is an error, since it reports a `type: ignore` that ignores nothing."""
    await VaultRepository(session, vault).locked_or_made()  # type: ignore[misc]
    await VaultRepository(session, vault).provision(tenant_name)  # type: ignore[misc]
    await AdminRepository(session).forget_erasure(tenant)  # type: ignore[misc]
    await recorder.record(session, tenant, "tenant.created")  # type: ignore[arg-type]
    await IdempotencyKey(vault, "key").claim(session)  # type: ignore[arg-type]
    Erasure(session, recorder, tenant, TenantData([]), Persons("a", by_two=False))  # type: ignore[arg-type]
