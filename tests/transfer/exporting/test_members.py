"""Owners export members' vaults only if an operator allows it, and the member sees who did."""

from collections.abc import Callable
from uuid import uuid4

import asyncpg
import pytest

from creatorvault.apps import INSTALLED
from tests.admin.operators import tenant_of
from tests.application import House
from tests.factories import Creator
from tests.transfer.exporting.vaults import lines_of

EVENTS = "/api/v1/users/me/events"


class Organization:
    def __init__(self, creator: Callable[..., Creator]) -> None:
        self.org_id = f"org-{uuid4()}"
        self.owner = creator(None, {"org_id": self.org_id, "org_role": "owner"})
        self.member = creator(None, {"org_id": self.org_id, "org_role": "member"})
        self.other = creator(None, {"org_id": self.org_id, "org_role": "member"})

    def url(self, user_id: str | None = None) -> str:
        return f"/api/v1/tenant/members/{user_id or self.member.user_id}/export"


@pytest.fixture
async def organization(creator: Callable[..., Creator]) -> Organization:
    organization = Organization(creator)
    await organization.member.idea("A member's idea")
    return organization


async def allow(database: asyncpg.Connection, organization: Organization) -> None:
    await database.execute(
        "UPDATE tenants SET owner_export = true WHERE tenant_id = $1", tenant_of(organization.member)
    )


async def test_without_the_setting_nobody_exports_a_members_vault(organization: Organization) -> None:
    answer = await organization.owner.request("GET", organization.url())

    assert answer.status_code == 403
    assert answer.json() == {
        "detail": "Owners of this organization may not export the vaults of its members",
        "code": "export_not_allowed",
    }
    assert (await organization.member.request("GET", EVENTS)).json()["total"] <= 1


async def test_an_owner_exports_it_and_the_member_sees_that(
    organization: Organization, database: asyncpg.Connection
) -> None:
    await allow(database, organization)
    answer = await organization.owner.request("GET", organization.url(), params={"format": "jsonl"})

    assert answer.status_code == 200
    assert [line["title"] for line in lines_of(answer) if line["type"] == "idea"] == ["A member's idea"]
    event, *_ = (await organization.member.request("GET", EVENTS)).json()["items"]
    assert event["verb"] == "vault.exported"
    assert event["actor"] == f"user:better-auth/{organization.owner.user_id}"
    assert event["targets"] == {"user_id": organization.member.user_id, "format": "jsonl", "encrypted": "false"}
    [seen] = (await organization.owner.request("GET", "/api/v1/tenant/audit?verb=vault.exported")).json()["items"]
    assert seen == event
    for somebody in (organization.owner, organization.other):
        assert "vault.exported" not in (await somebody.request("GET", EVENTS)).text


async def test_members_and_owners_of_others_cannot(
    organization: Organization, database: asyncpg.Connection, creator: Callable[..., Creator]
) -> None:
    await allow(database, organization)
    stranger = creator(None, {"org_id": f"org-{uuid4()}", "org_role": "owner"})
    await stranger.idea("Elsewhere")

    assert (await organization.other.request("GET", organization.url())).status_code == 403
    assert (await organization.member.request("GET", organization.url())).status_code == 403
    assert (await stranger.request("GET", organization.url())).status_code == 403
    await database.execute("UPDATE tenants SET owner_export = true WHERE tenant_id = $1", tenant_of(stranger))
    assert (await stranger.request("GET", organization.url())).status_code == 404


async def test_nobody_of_that_name_is_404_and_an_empty_tenant_too(
    organization: Organization, database: asyncpg.Connection, creator: Callable[..., Creator]
) -> None:
    await allow(database, organization)
    assert (await organization.owner.request("GET", organization.url("nobody"))).status_code == 404
    newcomer = creator(None, {"org_id": f"org-{uuid4()}", "org_role": "owner"})
    answer = await newcomer.request("GET", organization.url())
    assert answer.json() == {"detail": "Nothing is stored in this tenant yet", "code": "nothing_stored"}


async def test_a_suspended_tenant_is_refused(organization: Organization, database: asyncpg.Connection) -> None:
    await allow(database, organization)
    await database.execute(
        "UPDATE tenants SET status = 'suspended' WHERE tenant_id = $1", tenant_of(organization.member)
    )
    assert (await organization.owner.request("GET", organization.url())).status_code == 403
    assert (
        await organization.member.request("GET", f"/api/v1/{organization.member.user_id}/export")
    ).status_code == 403
    assert (await organization.member.request("GET", EVENTS)).status_code == 403


async def test_requests_cannot_create_a_tenant_that_allows_it(house: House, creator: Callable[..., Creator]) -> None:
    connection = await asyncpg.connect(house.database.runtime_url)
    tenant = uuid4()
    try:
        await connection.execute("SELECT set_config('app.tenant_id', $1, false)", str(tenant))
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(
                "INSERT INTO tenants (tenant_id, kind, realm, external_id, status, owner_export, created_at)"
                " VALUES ($1, 'organization', 'r', 'x', 'active', true, now())",
                tenant,
            )
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("UPDATE tenants SET owner_export = true")
    finally:
        await connection.close()


def test_there_is_no_command_that_exports() -> None:
    """Operators cannot read ideas."""
    names = [command.name or "" for app in INSTALLED for command in app.commands]

    assert names
    assert not [name for name in names if "export" in name]
