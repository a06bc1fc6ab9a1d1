"""An import touches the rows of the creators of its source alone, even without row-level security."""

import asyncpg

from creatorvault.core.identifiers import UserId, VaultId
from creatorvault.tenants.models import TenantKind
from creatorvault.tenants.resolution import TenantName
from tests.application import House
from tests.transfer.fastapi.moving import REALM, START, Move, creators, row
from tests.vault_rows import rows_of_others, tables

CHANGING = {"audit_events", "audit_heads", "tenant_totals", "totalled_vaults"}


async def test_only_the_vault_of_the_creator(service: House, move: Move, sql: asyncpg.Connection) -> None:
    """Neighbours have imported ideas with the same ids, in another tenant."""
    [ada] = creators(service, 1)
    rows = [row(ada.user_id, title=title, minutes=n) for n, title in enumerate(("kept", "changed", "gone"))]
    await move.insert(*rows)
    await move.run()
    tenant = TenantName(TenantKind.PERSONAL, REALM, ada.user_id).id
    twin = service.creator(ada.user_id, {"org_id": "one", "org_role": "member"})
    await twin.idea("twin")
    other = TenantName(TenantKind.ORGANIZATION, REALM, "one").id
    source = await sql.fetchval("SELECT source FROM imported_ideas WHERE id = $1", rows[0]["id"])
    for one in rows:
        await sql.execute(
            "INSERT INTO imported_ideas VALUES ($1, $2, $3, $4, 7)", other, ada.user_id, one["id"], source
        )
    of = {name: columns for name, columns in (await tables(sql)).items() if name not in CHANGING}
    vault = VaultId(tenant, UserId(ada.user_id))
    others = await rows_of_others(sql, vault, of)
    await move.change(rows[1]["id"], title="after", updated_at=START)
    await move.change(rows[1]["id"], title="after")
    await move.sql.execute("DELETE FROM ideas WHERE id = $1", rows[2]["id"])
    secured = ("ideas", "imported_ideas", "vaults")
    for name in secured:
        await sql.execute(f"ALTER TABLE {name} DISABLE ROW LEVEL SECURITY")
    try:
        moved = await move.run(delete_missing=True)
    finally:
        for name in secured:
            await sql.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")

    assert moved.numbers == (0, 1, 1)
    assert list(moved.reasons("deleted")) == [str(rows[2]["id"])]
    assert await rows_of_others(sql, vault, of) == others
