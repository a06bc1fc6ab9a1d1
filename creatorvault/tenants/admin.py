"""Pages of tenants for the operators' console."""

from typing import Final

from creatorvault.audit.admin_columns import EVENTS
from creatorvault.core.console.declarations import (
    N_,
    Action,
    Column,
    Facts,
    Filter,
    Input,
    ItemPage,
    Kind,
    Section,
    Table,
)
from creatorvault.tenants.admin_actions import ACTIONS
from creatorvault.tenants.admin_columns import (
    CHANGED,
    CREATED,
    CREATOR,
    IDEAS,
    KIND,
    KINDS,
    NAME,
    SEALED_BYTES,
    STATUS,
    STATUSES,
    TENANT,
    TENANT_ID,
)

TENANTS: Final = Section(
    name="tenants",
    title=N_("Tenants"),
    order=20,
    blocks=[
        Table(
            title=N_("Tenants"),
            operation="list_tenants",
            columns=[
                NAME,
                KIND,
                STATUS,
                Column(name="vaults", label=N_("Vaults"), kind=Kind.NUMBER),
                IDEAS,
                SEALED_BYTES,
                CREATED,
                CHANGED,
            ],
            empty=N_("There is no such tenant."),
            search=Filter(name="q", label=N_("Name begins with, or id")),
            filters=[
                Filter(name="status", label=N_("Status"), values=STATUSES),
                Filter(name="kind", label=N_("Kind"), values=KINDS),
                Filter(name="realm", label=N_("Realm")),
            ],
            sorts={
                "created_at": N_("Created"),
                "last_activity": N_("Last change"),
                "ideas": N_("Ideas"),
                "sealed_bytes": N_("Size"),
            },
        )
    ],
    actions=[
        Action(
            name="create",
            label=N_("Create a tenant"),
            operation="create_tenant",
            question=N_("Creates a tenant for creators whose tokens name it."),
            inputs=[
                Input(name="kind", label=N_("Kind"), values=KINDS),
                Input(name="realm", label=N_("Realm"), hint=N_("The realm of the issuers of its members' tokens.")),
                Input(
                    name="external_id",
                    label=N_("Name"),
                    hint=N_("The creator's subject, or the organization's id, as it is in their tokens."),
                ),
            ],
            done=N_("The tenant was created."),
        )
    ],
    item=ItemPage(
        keys=["tenant_id"],
        title="external_id",
        operation="get_tenant",
        blocks=[
            Facts(
                title=N_("Tenant"),
                operation="get_tenant",
                fields=[
                    STATUS,
                    KIND,
                    Column(name="realm", label=N_("Realm"), kind=Kind.IDENTIFIER),
                    TENANT_ID,
                    CREATED,
                    CHANGED,
                    Column(name="vaults", label=N_("Vaults"), kind=Kind.NUMBER),
                    IDEAS,
                    SEALED_BYTES,
                    Column(name="erasable_from", label=N_("Can be erased from"), kind=Kind.MOMENT),
                ],
            ),
            Facts(
                title=N_("Limits"),
                operation="get_tenant",
                fields=[
                    Column(name="idea_quota", label=N_("Most ideas"), kind=Kind.NUMBER),
                    Column(name="byte_quota", label=N_("Largest size"), kind=Kind.BYTES),
                    Column(name="vault_idea_quota", label=N_("Most ideas of a vault"), kind=Kind.NUMBER),
                    Column(name="vault_byte_quota", label=N_("Largest size of a vault"), kind=Kind.BYTES),
                    Column(name="retention_days", label=N_("Days of retention"), kind=Kind.NUMBER),
                    Column(name="owner_export", label=N_("Owners may export members' vaults"), kind=Kind.FLAG),
                    Column(name="root_key_id", label=N_("Root key"), kind=Kind.IDENTIFIER),
                    Column(name="newest_key_version", label=N_("Newest key version"), kind=Kind.NUMBER),
                ],
            ),
            Table(
                title=N_("Vaults"),
                operation="list_vaults",
                columns=[CREATOR, IDEAS, SEALED_BYTES, CHANGED],
                empty=N_("Nobody has stored anything in this tenant."),
                given=TENANT,
            ),
            Table(
                title=N_("Events"),
                operation="search_audit",
                columns=EVENTS,
                empty=N_("Nothing has been recorded."),
                given=TENANT,
            ),
        ],
        actions=ACTIONS,
    ),
)
