"""Descriptions and examples of the fields of the admin API."""

from typing import Final

from creatorvault.core.http.paging import PAGE_QUERY
from creatorvault.core.http.schemas import Prose
from creatorvault.tenants.openapi import TENANT_ID

CONFIRMATION: Final = "mJ3bP0pX1l9cF5dY2kUq7sRzT8vWnE4aGhLoKiBxCyQ"

QUOTAS: Final[Prose] = {
    "idea_quota": ("Maximum number of ideas in the tenant; null means the default from the settings.", 100_000),
    "byte_quota": ("Maximum bytes of ciphertext in the tenant; null means the default from the settings.", None),
    "vault_idea_quota": ("Maximum number of ideas per vault; null means the default from the settings.", 10_000),
    "vault_byte_quota": ("Maximum bytes of ciphertext per vault; null means the default from the settings.", None),
}
NAME: Final[Prose] = {
    "kind": ("Personal tenant of one creator, or tenant of an organization.", "organization"),
    "realm": ("Realm of the issuers of its members' tokens.", "better-auth"),
    "external_id": ("Subject of the creator or id of the organization, as in their tokens.", "org-1"),
}
OWN_ROOT_KEY: Final[Prose] = {
    "root_key_id": (
        "Root key that wraps new keys of its vaults: an id of the keyring, `transit/<name>`, or `aws-kms/<id or ARN>`; "
        "null means the default from the settings.",
        "transit/organization-1",
    ),
}
RETENTION: Final[Prose] = {
    "retention_days": (
        "How many days vaults that have not chosen keep earlier versions and deleted ideas; null means the default.",
        90,
    ),
}
OWNER_EXPORT: Final[Prose] = {
    "owner_export": (
        "Whether owners and admins of the organization may export the vaults of its members. The members can see each "
        "such export in their events.",
        False,
    ),
}
ONE_TENANT: Final[Prose] = {"tenant_id": ("Id of the tenant.", str(TENANT_ID))}
ONE_VAULT: Final[Prose] = {
    **ONE_TENANT,
    "user_id": ("Creator of the ideas, which is the subject of their token.", "user-1"),
}
TENANT: Final[Prose] = {
    **ONE_TENANT,
    **NAME,
    "status": ("Requests of suspended, erasing and erased tenants are refused.", "active"),
    **QUOTAS,
    **OWN_ROOT_KEY,
    **RETENTION,
    **OWNER_EXPORT,
    "created_at": ("Creation time, UTC.", "2026-11-22T21:10:00Z"),
    "vaults": ("Number of creators who have stored something in it.", 3),
    "ideas": ("Number of ideas.", 1200),
    "sealed_bytes": ("Total size of their ciphertexts in bytes.", 1_300_000),
    "newest_key_version": ("Highest key version of its vaults.", 1),
    "last_activity": ("Time of the last change in any of its vaults, UTC.", "2026-11-22T21:40:00Z"),
    "erasable_from": ("Earliest time at which a requested erasure can be confirmed, UTC.", None),
}
VAULT: Final[Prose] = {
    "tenant_id": ("Tenant of the vault.", str(TENANT_ID)),
    "user_id": ("Creator of the ideas, which is the subject of their token.", "user-1"),
    "status": (
        "Requests of closed and destroyed vaults are refused. The erasure of a closed one waits for an operator's"
        " confirmation, a destroyed one has no keys any more.",
        "active",
    ),
    "revision": ("Number of changes so far.", 420),
    "ideas": ("Number of ideas.", 400),
    "sealed_bytes": ("Total size of their ciphertexts in bytes.", 430_000),
    "key_version": ("Version of its newest key; 0 if it has none.", 1),
    "created_at": ("Creation time, UTC.", "2026-11-22T21:10:00Z"),
    "last_activity": ("Time of the last change, UTC.", "2026-11-22T21:40:00Z"),
}
ROOT_KEY: Final[Prose] = {
    "root_key_id": ("Id of the root key.", "root-20261122-3f9c0a"),
    "vault_keys": ("Number of vault keys that it wraps.", 3),
    "audit_keys": ("Number of audit log keys that it wraps.", 1),
    "receipt_keys": ("Number of keys of receipts that it wraps.", 1),
    "oldest": ("Creation time of the oldest of them, UTC.", "2026-11-22T21:10:00Z"),
    "newest": ("Creation time of the newest of them, UTC.", "2026-11-22T21:40:00Z"),
}
TENANT_QUERY: Final[Prose] = {
    **PAGE_QUERY,
    "status": ("Only tenants of this status.", "active"),
    "kind": ("Only tenants of this kind.", "organization"),
    "realm": ("Only tenants of this realm.", "better-auth"),
    "external_id": ("Only the tenant of this subject or organization.", "org-1"),
    "sort": ("Sort order.", "created_at"),
    "order": ("Descending or ascending.", "desc"),
    "q": ("Only tenants whose `external_id` begins with this text, and the tenant with this id.", "org-"),
}
VAULT_QUERY: Final[Prose] = {
    **PAGE_QUERY,
    "tenant_id": ("Only vaults of this tenant.", str(TENANT_ID)),
    "user_id": ("Only vaults of this creator.", "user-1"),
    "key_version": ("Only vaults whose newest key has this version.", 1),
    "q": ("Only vaults whose `user_id` begins with this text.", "user-"),
}
FIGURES: Final[Prose] = {
    "version": ("Version of the service.", "0.1.0"),
    "migrated": ("Whether the database is at this version's migrations.", True),
    "tenants": ("Number of tenants by status.", {"active": 40, "suspended": 1, "erasing": 0, "erased": 2}),
    "vaults": ("Number of vaults.", 57),
    "ideas": ("Number of ideas.", 21_000),
    "sealed_bytes": ("Total size of their ciphertexts in bytes.", 23_000_000),
    "opened_vaults": ("Number of vaults whose keys the responding process has in memory.", 12),
    "corpora": ("Number of vaults in the search cache of the responding process.", 5),
    "corpora_bytes": ("Size of that search cache in bytes.", 9_000_000),
}
CONFIRM: Final[Prose] = {"confirmation": ("The token returned by the request for the erasure.", CONFIRMATION)}
WITHDRAWN: Final[Prose] = {**ONE_VAULT, "status": ("The status of the vault: always `active`.", "active")}
REQUESTED: Final[Prose] = {
    **CONFIRM,
    "not_before": ("Earliest time at which the erasure can be confirmed, UTC.", "2026-11-23T21:40:00Z"),
}
ERASED: Final[Prose] = {
    **ONE_TENANT,
    "keys": ("Number of vault keys destroyed.", 3),
    "ideas": ("Number of ideas destroyed.", 1200),
    "answers": ("Number of results stored for retries that were destroyed.", 4),
}
