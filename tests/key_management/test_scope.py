"""A rotation touches the rows of its scope alone, even without row-level security."""

import asyncpg

from creatorvault.core.identifiers import TenantId, UserId, VaultId
from creatorvault.key_management.scopes import Scope
from creatorvault.tenants.models import TenantKind
from creatorvault.tenants.resolution import TenantName
from tests.application import House
from tests.key_management.rotating import Keys, stored_keys, versions_in_use
from tests.vault_rows import rows_of, rows_of_others, tables

AUDIT = {"audit_events", "audit_heads", "tenant_totals", "totalled_vaults"}


def member_of(organization: str, user_id: str) -> VaultId:
    return VaultId(TenantName(TenantKind.ORGANIZATION, "better-auth", organization).id, UserId(user_id))


async def test_only_the_vault_that_is_named(service: House, keys: Keys, sql: asyncpg.Connection) -> None:
    """Its neighbours have the same user in another tenant, and another user in the same tenant."""
    mine, twin, colleague = member_of("one", "ada"), member_of("two", "ada"), member_of("one", "ben")
    for organization, user_id in (("one", "ada"), ("two", "ada"), ("one", "ben")):
        creator = service.creator(user_id, {"org_id": organization, "org_role": "member"})
        for number in range(40):
            await creator.idea(f"Idea {number}", tags=["a"])
        await creator.post({"title": "Once"}, headers={"Idempotency-Key": "one"})
        await creator.titles({"search": "idea"})
    await service.parts.segment_writer.finish()
    of = {name: columns for name, columns in (await tables(sql)).items() if name not in AUDIT}
    others = await rows_of_others(sql, mine, of)
    secured = [name for name in of if name in {"ideas", "idea_segments", "idempotency_answers", "keys.vault_keys"}]
    for name in secured:
        await sql.execute(f"ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY")
        await sql.execute(f"ALTER TABLE {name} DISABLE ROW LEVEL SECURITY")
    try:
        result = await keys.rotate(Scope(*mine))
    finally:
        for name in secured:
            await sql.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
            await sql.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")

    assert (result.rotated, result.left, keys.findings) == (1, 0, [])
    assert await rows_of_others(sql, mine, of) == others
    assert await versions_in_use(sql, mine) == {2}
    for vault in (twin, colleague):
        assert await versions_in_use(sql, vault) == {1}
        assert await stored_keys(sql, vault) == [1]
        assert await rows_of(sql, vault)


async def test_all_vaults_of_one_tenant(service: House, keys: Keys, sql: asyncpg.Connection) -> None:
    for organization, user_id in (("three", "ada"), ("three", "ben"), ("four", "ada")):
        await service.creator(user_id, {"org_id": organization, "org_role": "member"}).idea("An idea")

    result = await keys.rotate(Scope(TenantId(member_of("three", "ada").tenant_id)))

    assert result.rotated == 2
    assert await stored_keys(sql, member_of("three", "ben")) == [2]
    assert await stored_keys(sql, member_of("four", "ada")) == [1]
