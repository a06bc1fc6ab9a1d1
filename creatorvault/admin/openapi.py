"""Descriptions and examples of the admin API for the OpenAPI document."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

from creatorvault.accounts.errors import AdminRequired
from creatorvault.admin.errors import (
    AdminOff,
    RootKeyUnusable,
    ScopeMissing,
    TenantConflict,
    TenantNotFound,
    TooEarly,
    WrongConfirmation,
)
from creatorvault.admin.scopes import Scope
from creatorvault.core.errors import CreatorVaultError, RequestInvalid
from creatorvault.core.http.paging import LIMIT_TOO_HIGH, PAGE
from creatorvault.core.http.schemas import Prose
from creatorvault.core.openapi.responses import DocumentedResponse, HandlerDocumentation, documents, malformed_id
from creatorvault.erasure.errors import NoErasure, NotConfirmed, NothingToErase, NothingWaits, NotYet, VaultConflict
from creatorvault.erasure.openapi import ERASED as VAULT_ERASED
from creatorvault.erasure.openapi import ERASING as VAULT_ERASING
from creatorvault.settings.sections import ROOT_KEY_ID
from creatorvault.tenants.openapi import INVALID_RETENTION, TENANT_ID

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
    **PAGE,
    "status": ("Only tenants of this status.", "active"),
    "kind": ("Only tenants of this kind.", "organization"),
    "realm": ("Only tenants of this realm.", "better-auth"),
    "external_id": ("Only the tenant of this subject or organization.", "org-1"),
    "sort": ("Sort order.", "created_at"),
    "order": ("Descending or ascending.", "desc"),
}
VAULT_QUERY: Final[Prose] = {
    **PAGE,
    "tenant_id": ("Only vaults of this tenant.", str(TENANT_ID)),
    "user_id": ("Only vaults of this creator.", "user-1"),
    "key_version": ("Only vaults whose newest key has this version.", 1),
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

INVALID_NAME: Final = RequestInvalid([{"type": "missing", "loc": ("body", "external_id"), "msg": "Field required"}])
INVALID_QUOTA: Final = RequestInvalid(
    [
        {
            "type": "greater_than_equal",
            "loc": ("body", "idea_quota"),
            "msg": "Input should be greater than or equal to 1",
            "input": 0,
            "ctx": {"ge": 1},
        }
    ]
)
INVALID_OWNER_EXPORT: Final = RequestInvalid(
    [{"type": "missing", "loc": ("body", "owner_export"), "msg": "Field required"}]
)
INVALID_ROOT_KEY: Final = RequestInvalid(
    [
        {
            "type": "string_pattern_mismatch",
            "loc": ("body", "root_key_id"),
            "msg": f"String should match pattern '{ROOT_KEY_ID}'",
            "input": "transit/",
            "ctx": {"pattern": ROOT_KEY_ID},
        }
    ]
)
INVALID_CONFIRMATION: Final = RequestInvalid(
    [{"type": "missing", "loc": ("body", "confirmation"), "msg": "Field required"}]
)
INVALID_ID: Final = malformed_id("tenant_id")
NOT_FOUND: Final = TenantNotFound(TENANT_ID)


def admin(scope: Scope, *outcomes: DocumentedResponse | CreatorVaultError) -> HandlerDocumentation:
    """Returns the documentation of an admin operation: its own responses, and the errors of all admin operations."""
    return documents(*outcomes, AdminRequired(), ScopeMissing(scope), AdminOff())


FIGURED: Final = admin(Scope.READ, DocumentedResponse(description="Figures of the service."))
TENANTS: Final = admin(Scope.READ, DocumentedResponse(description="A page of tenants."), LIMIT_TOO_HIGH)
TENANT_READ: Final = admin(Scope.READ, DocumentedResponse(description="The tenant."), NOT_FOUND, INVALID_ID)
VAULTS: Final = admin(Scope.READ, DocumentedResponse(description="A page of vaults."), LIMIT_TOO_HIGH)
AUDIT: Final = admin(Scope.READ, DocumentedResponse(description="A page of events."), LIMIT_TOO_HIGH)
CREATED: Final = admin(
    Scope.MANAGE,
    DocumentedResponse(description="The new tenant."),
    TenantConflict("This tenant exists already"),
    INVALID_NAME,
)
CHANGED: Final = admin(
    Scope.MANAGE,
    DocumentedResponse(description="The tenant after the change."),
    NOT_FOUND,
    TenantConflict("This tenant is erased"),
    INVALID_ID,
)
LIMITED: Final = admin(
    Scope.MANAGE,
    DocumentedResponse(description="The tenant after the change."),
    NOT_FOUND,
    TenantConflict("This tenant is erased"),
    INVALID_QUOTA,
)
RETAINED: Final = admin(
    Scope.MANAGE,
    DocumentedResponse(description="The tenant after the change."),
    NOT_FOUND,
    TenantConflict("This tenant is erased"),
    INVALID_RETENTION,
)
OWNER_EXPORT_SET: Final = admin(
    Scope.MANAGE,
    DocumentedResponse(description="The tenant after the change."),
    NOT_FOUND,
    TenantConflict("This tenant is erased"),
    INVALID_OWNER_EXPORT,
)
ROOT_KEY_SET: Final = admin(
    Scope.KEYS,
    DocumentedResponse(description="The tenant after the change."),
    NOT_FOUND,
    RootKeyUnusable("transit/organization-1", "disabled"),
    INVALID_ROOT_KEY,
)
VAULT_BUSY: Final = VaultConflict("This vault is being erased or has been")
VAULT_ERASURE_READ: Final = admin(
    Scope.READ, DocumentedResponse(description="The erasure."), NoErasure(), NOT_FOUND, INVALID_ID
)
VAULT_ERASURE_REQUESTED: Final = admin(
    Scope.MANAGE,
    DocumentedResponse(description="The erasure is waiting for confirmation.", status=HTTPStatus.ACCEPTED),
    NothingToErase(),
    NOT_FOUND,
    VAULT_BUSY,
    INVALID_ID,
)
VAULT_ERASURE_WITHDRAWN: Final = admin(
    Scope.MANAGE,
    DocumentedResponse(description="The vault is in use again."),
    NothingToErase(),
    NOT_FOUND,
    NothingWaits(),
    INVALID_ID,
)
VAULT_ERASURE_CONFIRMED: Final = admin(
    Scope.KEYS,
    DocumentedResponse(description="The vault is erased.", examples={"Erased": VAULT_ERASED}),
    DocumentedResponse(
        description="The keys are destroyed, and rows are still being deleted.",
        status=HTTPStatus.ACCEPTED,
        examples={"Erasing": VAULT_ERASING},
    ),
    NotConfirmed(),
    NOT_FOUND,
    NothingWaits(),
    NotYet(datetime(2026, 11, 23, 21, 40, tzinfo=UTC)),
    INVALID_CONFIRMATION,
)
ERASURE_REQUESTED: Final = admin(
    Scope.MANAGE,
    DocumentedResponse(description="The erasure is waiting for confirmation.", status=HTTPStatus.ACCEPTED),
    NOT_FOUND,
    TenantConflict("This tenant is being erased already"),
    INVALID_ID,
)
ERASURE_CONFIRMED: Final = admin(
    Scope.KEYS,
    DocumentedResponse(description="Keys and ideas have been destroyed."),
    WrongConfirmation(),
    NOT_FOUND,
    TooEarly(datetime(2026, 11, 23, 21, 40, tzinfo=UTC)),
    INVALID_CONFIRMATION,
)
ROOT_KEYS: Final = admin(Scope.KEYS, DocumentedResponse(description="The root keys in use."))
