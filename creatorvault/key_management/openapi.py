"""Descriptions and examples of keys for the OpenAPI document."""

from typing import Final

from creatorvault.core.http.schemas import Prose
from creatorvault.tenants.openapi import TENANT_ID

ROOT_KEY_ID: Final = "root-20261122-3f9c0a"

ROOT_KEY: Final[Prose] = {
    "root_key_id": ("Id of the root key.", ROOT_KEY_ID),
    "provider": ("Its provider: `keyring`, `transit` or `aws-kms`.", "keyring"),
    "state": ("Whether it can be used, as its provider says.", "enabled"),
    "reason": ("Why its state is unknown; null if it is known.", None),
    "wraps": ("Whether it wraps new keys of tenants that have no root key of their own.", True),
    "version": ("Its newest version; null if its provider does not say.", None),
    "created_at": ("Creation time, UTC; null if its provider does not say.", None),
    "vault_keys": ("Number of vault keys that it wraps.", 3),
    "service_keys": ("Number of keys of the service that it wraps.", 2),
    "oldest": ("Creation time of the oldest vault key that it wraps, UTC.", "2026-11-22T21:10:00Z"),
    "newest": ("Creation time of the newest vault key that it wraps, UTC.", "2026-11-22T21:40:00Z"),
}
PROVIDER: Final[Prose] = {
    "provider": ("Name of the provider.", "keyring"),
    "reason": ("Why it cannot be used now; null if it can.", None),
}
VAULT_KEYS: Final[Prose] = {
    "vaults": ("Number of vaults that have a key.", 3),
    "with_earlier_keys": ("Number of vaults that have earlier keys as well.", 0),
    "highest_version": ("Highest version of a vault key; null without any.", 1),
    "oldest": ("Creation time of the oldest key that is its vault's newest, UTC.", "2026-11-22T21:10:00Z"),
    "newest": ("Creation time of the newest key, UTC.", "2026-11-22T21:40:00Z"),
}
UNFINISHED: Final[Prose] = {
    "tenant_id": ("Tenant whose vaults get new keys; null for all tenants.", str(TENANT_ID)),
    "started_at": ("Time at which it was asked for, UTC.", "2026-11-30T10:00:00Z"),
}
KEYS: Final[Prose] = {
    "providers": (
        "Providers of root keys.",
        [{name: value for name, (_, value) in PROVIDER.items()}],
    ),
    "root_keys": (
        "Root keys that wrap something or that providers list, the one that wraps first.",
        [{name: value for name, (_, value) in ROOT_KEY.items()}],
    ),
    "vault_keys": ("The keys of all vaults.", {name: value for name, (_, value) in VAULT_KEYS.items()}),
    "interrupted": (
        "Rotations of vault keys that are not finished.",
        [{name: value for name, (_, value) in UNFINISHED.items()}],
    ),
}
PROBLEM: Final[Prose] = {
    "tenant_id": ("Tenant of the vault; the nil UUID for a key of the service.", str(TENANT_ID)),
    "user_id": ("Creator whose vault it is.", "user-1"),
    "table": ("Table of the row.", "ideas"),
    "row": ("Key of the row within its vault.", "id 0197b2c4-58a1-7c33-9d8e-2f4b6a1c0d57"),
    "problem": ("What is wrong: the code of an alert, or why a root key cannot be used.", "tampered"),
}
