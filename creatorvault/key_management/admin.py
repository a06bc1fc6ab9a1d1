"""Pages of keys for the operators' console."""

from typing import Final

from creatorvault.core.console.declarations import (
    N_,
    Action,
    Column,
    Facts,
    Input,
    ItemPage,
    Kind,
    Section,
    Table,
)

REFRESH_SECONDS: Final = 2
STATES: Final = {
    "waiting": N_("Waiting"),
    "running": N_("Running"),
    "finished": N_("Finished"),
    "failed": N_("Failed"),
    "unattended": N_("No job"),
}
KEY_STATES: Final = {
    "enabled": N_("Enabled"),
    "disabled": N_("Disabled"),
    "pending_deletion": N_("To be deleted"),
    "missing": N_("Missing"),
    "unknown": N_("Unknown"),
}
PROGRESS: Final = (
    Column(name="vaults_done", label=N_("Vaults done"), kind=Kind.NUMBER),
    Column(name="vaults_total", label=N_("Vaults"), kind=Kind.NUMBER),
    Column(name="rows_done", label=N_("Rows done"), kind=Kind.NUMBER),
    Column(name="rows_total", label=N_("Rows"), kind=Kind.NUMBER),
    Column(name="findings", label=N_("Findings"), kind=Kind.NUMBER),
)
ROTATION: Final = (
    Column(name="state", label=N_("State"), kind=Kind.STATUS, values=STATES),
    Column(name="root", label=N_("Root keys"), kind=Kind.FLAG),
    Column(name="tenant_id", label=N_("Tenant"), kind=Kind.IDENTIFIER),
    *PROGRESS,
    Column(name="started_at", label=N_("Asked for"), kind=Kind.MOMENT),
    Column(name="finished_at", label=N_("Finished"), kind=Kind.MOMENT),
    Column(name="requested_by", label=N_("Asked by"), kind=Kind.IDENTIFIER),
)
ROTATE: Final = Action(
    name="rotate",
    label=N_("Rotate keys"),
    operation="rotate_keys",
    question=N_("Make new vault keys, and destroy the earlier ones when nothing needs them any more?"),
    inputs=[
        Input(
            name="tenant_id",
            label=N_("Tenant"),
            hint=N_("The id of a tenant. If it is empty, the vaults of all tenants get new keys."),
        ),
        Input(
            name="root",
            label=N_("Root keys instead"),
            hint=N_("No vault gets a new key: all keys are wrapped again, with the root key that wraps now."),
        ),
    ],
    done=N_("The rotation was asked for."),
    fresh=True,
    dangerous=True,
)

KEYS: Final = Section(
    name="keys",
    title=N_("Keys"),
    order=40,
    blocks=[
        Table(
            title=N_("Rotations"),
            operation="list_rotations",
            columns=[
                Column(
                    name="rotation_id",
                    label=N_("Number"),
                    kind=Kind.IDENTIFIER,
                    link="keys",
                    keys={"rotation_id": "rotation_id"},
                ),
                *ROTATION,
            ],
            empty=N_("No keys have been rotated."),
            refresh_seconds=REFRESH_SECONDS,
        ),
        Facts(
            title=N_("Vault keys"),
            operation="get_keys",
            fields=[
                Column(name="vault_keys.vaults", label=N_("Vaults with a key"), kind=Kind.NUMBER),
                Column(name="vault_keys.with_earlier_keys", label=N_("Of them with earlier keys"), kind=Kind.NUMBER),
                Column(name="vault_keys.highest_version", label=N_("Highest key version"), kind=Kind.NUMBER),
                Column(name="vault_keys.oldest", label=N_("Oldest current key"), kind=Kind.MOMENT),
                Column(name="vault_keys.newest", label=N_("Newest key"), kind=Kind.MOMENT),
            ],
        ),
        Table(
            title=N_("Root keys"),
            operation="get_keys",
            rows="root_keys",
            columns=[
                Column(name="root_key_id", label=N_("Root key"), kind=Kind.IDENTIFIER),
                Column(name="provider", label=N_("Provider")),
                Column(name="state", label=N_("State"), kind=Kind.STATUS, values=KEY_STATES),
                Column(name="wraps", label=N_("Wraps new keys"), kind=Kind.FLAG),
                Column(name="vault_keys", label=N_("Vault keys"), kind=Kind.NUMBER),
                Column(name="service_keys", label=N_("Keys of the service"), kind=Kind.NUMBER),
                Column(name="oldest", label=N_("Oldest"), kind=Kind.MOMENT),
                Column(name="newest", label=N_("Newest"), kind=Kind.MOMENT),
            ],
        ),
        Table(
            title=N_("Providers of root keys"),
            operation="get_keys",
            rows="providers",
            columns=[
                Column(name="provider", label=N_("Provider")),
                Column(name="reason", label=N_("Why it cannot be used"), kind=Kind.PROSE),
            ],
        ),
    ],
    actions=[ROTATE],
    item=ItemPage(
        keys=["rotation_id"],
        title="rotation_id",
        operation="get_rotation",
        blocks=[
            Facts(title=N_("Rotation"), operation="get_rotation", fields=ROTATION, refresh_seconds=REFRESH_SECONDS),
            Table(
                title=N_("Findings"),
                operation="get_rotation",
                rows="problems",
                columns=[
                    Column(name="tenant_id", label=N_("Tenant"), kind=Kind.IDENTIFIER),
                    Column(name="user_id", label=N_("Creator"), kind=Kind.IDENTIFIER),
                    Column(name="table", label=N_("Table")),
                    Column(name="row", label=N_("Row"), kind=Kind.IDENTIFIER),
                    Column(name="problem", label=N_("Problem"), kind=Kind.PROSE),
                ],
                empty=N_("Everything could be opened."),
            ),
        ],
    ),
)
