"""Pages of vaults for the operators' console."""

from typing import Final

from creatorvault.core.console.declarations import (
    N_,
    Action,
    Column,
    Facts,
    Filter,
    ItemPage,
    Kind,
    Part,
    Section,
    Table,
)
from creatorvault.tenants.admin_columns import (
    CHANGED,
    CONFIRM,
    CONFIRMATION,
    CREATED,
    CREATOR,
    IDEAS,
    NOT_BEFORE,
    SEALED_BYTES,
    TENANT,
    VAULT,
    VAULT_STATUS,
)

ERASURES: Final = {
    "requested": N_("Waits for confirmation"),
    "erasing": N_("Being erased"),
    "erased": N_("Erased"),
}

IN_USE: Final = ("active", "suspended")
"""A tenant that is being erased takes its vaults with it."""

VAULTS: Final = Section(
    name="vaults",
    title=N_("Vaults"),
    order=30,
    blocks=[
        Table(
            title=N_("Vaults"),
            operation="list_vaults",
            columns=[
                CREATOR,
                VAULT_STATUS,
                Column(name="tenant_id", label=N_("Tenant"), kind=Kind.IDENTIFIER, link="tenants", keys=TENANT),
                IDEAS,
                SEALED_BYTES,
                Column(name="key_version", label=N_("Key version"), kind=Kind.NUMBER),
                Column(name="revision", label=N_("Changes"), kind=Kind.NUMBER),
                CREATED,
                CHANGED,
            ],
            empty=N_("There is no such vault."),
            search=Filter(name="q", label=N_("Creator begins with")),
            filters=[
                Filter(name="tenant_id", label=N_("Tenant id")),
                Filter(name="key_version", label=N_("Key version")),
            ],
        )
    ],
    item=ItemPage(
        keys=["tenant_id", "user_id"],
        title="user_id",
        parts={
            "vault": Part(operation="list_vaults", rows="items", given=VAULT),
            "tenant": Part(operation="get_tenant", given=TENANT),
        },
        blocks=[
            Table(
                title=N_("Vault"),
                operation="list_vaults",
                columns=[
                    VAULT_STATUS,
                    Column(name="tenant_id", label=N_("Tenant"), kind=Kind.IDENTIFIER, link="tenants", keys=TENANT),
                    IDEAS,
                    SEALED_BYTES,
                    Column(name="key_version", label=N_("Key version"), kind=Kind.NUMBER),
                    CREATED,
                    CHANGED,
                ],
                empty=N_("There is no such vault."),
                given=VAULT,
            ),
            Facts(
                title=N_("Erasure"),
                operation="get_vault_erasure",
                fields=[
                    Column(name="state", label=N_("State"), kind=Kind.STATUS, values=ERASURES),
                    Column(name="requested_at", label=N_("Asked for"), kind=Kind.MOMENT),
                    NOT_BEFORE,
                    Column(name="destroyed_at", label=N_("Keys destroyed"), kind=Kind.MOMENT),
                    Column(name="finished_at", label=N_("Finished"), kind=Kind.MOMENT),
                    Column(name="keys", label=N_("Keys"), kind=Kind.NUMBER),
                    IDEAS,
                    Column(name="receipt", label=N_("Receipt"), kind=Kind.IDENTIFIER),
                ],
            ),
        ],
        actions=[
            Action(
                name="request-erasure",
                label=N_("Ask for erasure"),
                operation="request_vault_erasure",
                question=N_("Its creator is refused from then on. Nothing is destroyed before it is confirmed."),
                done=N_("The erasure waits for its confirmation."),
                fresh=True,
                dangerous=True,
                when={"vault.status": ["active"], "tenant.status": IN_USE},
                result=[CONFIRMATION, NOT_BEFORE],
            ),
            Action(
                name="withdraw-erasure",
                label=N_("Withdraw erasure"),
                operation="withdraw_vault_erasure",
                question=N_("The vault is in use again, with all of its data."),
                done=N_("The erasure was withdrawn."),
                when={"vault.status": ["closed"]},
            ),
            Action(
                name="confirm-erasure",
                label=N_("Confirm erasure"),
                operation="confirm_vault_erasure",
                question=N_("Destroys the vault's keys and all of its ideas. This cannot be undone."),
                inputs=[CONFIRM],
                done=N_("The vault's keys were destroyed."),
                fresh=True,
                dangerous=True,
                when={"vault.status": ["closed"], "tenant.status": IN_USE},
            ),
        ],
    ),
)
