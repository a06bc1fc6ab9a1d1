"""What the OpenAPI document says of the admin API."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

from creatorvault.accounts.errors import AdminRequired
from creatorvault.admin.errors import (
    AdminOff,
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
from creatorvault.core.openapi.answers import Answer, HandlerDocumentation, documents, malformed_id
from creatorvault.tenants.openapi import TENANT_ID

CONFIRMATION: Final = "mJ3bP0pX1l9cF5dY2kUq7sRzT8vWnE4aGhLoKiBxCyQ"

QUOTAS: Final[Prose] = {
    "idea_quota": ("How many ideas the tenant may hold; null: as the settings say.", 100_000),
    "byte_quota": ("How many bytes of ciphertext the tenant may hold; null: as the settings say.", None),
    "vault_idea_quota": ("How many ideas each of its vaults may hold; null: as the settings say.", 10_000),
    "vault_byte_quota": ("How many bytes of ciphertext each of its vaults may hold; null: as the settings say.", None),
}
NAME: Final[Prose] = {
    "kind": ("One creator's own tenant, or an organization's.", "organization"),
    "realm": ("The realm of the issuers that speak for it.", "better-auth"),
    "external_id": ("The creator's subject, or the organization's id, as tokens name it.", "org-1"),
}
ONE_TENANT: Final[Prose] = {"tenant_id": ("Which tenant.", str(TENANT_ID))}
TENANT: Final[Prose] = {
    **ONE_TENANT,
    **NAME,
    "status": ("Suspended, erasing and erased tenants are refused.", "active"),
    **QUOTAS,
    "created_at": ("When it came to be, UTC.", "2026-11-22T21:10:00Z"),
    "vaults": ("How many creators have stored something in it.", 3),
    "ideas": ("How many ideas it holds.", 1200),
    "sealed_bytes": ("How many bytes their ciphertexts take.", 1_300_000),
    "newest_key_version": ("The highest version of any of its vaults' keys.", 1),
    "last_activity": ("When any of its vaults was last changed, UTC.", "2026-11-22T21:40:00Z"),
    "erasable_from": ("From when on its erasure can be confirmed, if one was asked for, UTC.", None),
}
VAULT: Final[Prose] = {
    "tenant_id": ("Whose vault.", str(TENANT_ID)),
    "user_id": ("Whose ideas: the subject of their creator's token.", "user-1"),
    "revision": ("How often it was changed.", 420),
    "ideas": ("How many ideas it holds.", 400),
    "sealed_bytes": ("How many bytes their ciphertexts take.", 430_000),
    "key_version": ("Its newest key; 0 while it has none.", 1),
    "created_at": ("When it came to be, UTC.", "2026-11-22T21:10:00Z"),
    "last_activity": ("When it was last changed, UTC.", "2026-11-22T21:40:00Z"),
}
ROOT_KEY: Final[Prose] = {
    "root_key_id": ("The root key's id.", "root-20261122-3f9c0a"),
    "vault_keys": ("How many vault keys it wraps.", 3),
    "audit_keys": ("How many keys of the audit log it wraps.", 1),
    "oldest": ("When the first of them was made, UTC.", "2026-11-22T21:10:00Z"),
    "newest": ("When the last of them was made, UTC.", "2026-11-22T21:40:00Z"),
}
TENANT_QUERY: Final[Prose] = {
    **PAGE,
    "status": ("Only tenants of this status.", "active"),
    "kind": ("Only tenants of this kind.", "organization"),
    "realm": ("Only tenants of this realm.", "better-auth"),
    "external_id": ("Only the tenant of this subject or organization.", "org-1"),
    "sort": ("What to order by.", "created_at"),
    "order": ("Descending or ascending.", "desc"),
}
VAULT_QUERY: Final[Prose] = {
    **PAGE,
    "tenant_id": ("Only vaults of this tenant.", str(TENANT_ID)),
    "user_id": ("Only vaults of this creator.", "user-1"),
    "key_version": ("Only vaults whose newest key has this version.", 1),
}
FIGURES: Final[Prose] = {
    "version": ("The service's.", "0.1.0"),
    "migrated": ("Whether the database is at this version's migrations.", True),
    "tenants": ("How many tenants have each status.", {"active": 40, "suspended": 1, "erasing": 0, "erased": 2}),
    "vaults": ("How many vaults there are.", 57),
    "ideas": ("How many ideas they hold.", 21_000),
    "sealed_bytes": ("How many bytes their ciphertexts take.", 23_000_000),
    "opened_vaults": ("Of how many vaults the answering process holds the keys.", 12),
    "corpora": ("How many vaults the answering process holds opened for searching.", 5),
    "corpora_bytes": ("How much memory they take.", 9_000_000),
}
CONFIRM: Final[Prose] = {"confirmation": ("The token that the request for the erasure answered.", CONFIRMATION)}
REQUESTED: Final[Prose] = {
    **CONFIRM,
    "not_before": ("From when on the erasure can be confirmed, UTC.", "2026-11-23T21:40:00Z"),
}
ERASED: Final[Prose] = {
    **ONE_TENANT,
    "keys": ("How many vault keys were destroyed.", 3),
    "ideas": ("How many ideas were destroyed.", 1200),
    "answers": ("How many answers kept for retries were destroyed.", 4),
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
INVALID_CONFIRMATION: Final = RequestInvalid(
    [{"type": "missing", "loc": ("body", "confirmation"), "msg": "Field required"}]
)
INVALID_ID: Final = malformed_id("tenant_id")
NOT_FOUND: Final = TenantNotFound(TENANT_ID)


def admin(scope: Scope, *outcomes: Answer | CreatorVaultError) -> HandlerDocumentation:
    """What every admin operation refuses, and what is this one's own."""
    return documents(*outcomes, AdminRequired(), ScopeMissing(scope), AdminOff())


FIGURED: Final = admin(Scope.READ, Answer(description="The service in figures."))
TENANTS: Final = admin(Scope.READ, Answer(description="A page of tenants."), LIMIT_TOO_HIGH)
TENANT_READ: Final = admin(Scope.READ, Answer(description="The tenant."), NOT_FOUND, INVALID_ID)
VAULTS: Final = admin(Scope.READ, Answer(description="A page of vaults."), LIMIT_TOO_HIGH)
AUDIT: Final = admin(Scope.READ, Answer(description="A page of events."), LIMIT_TOO_HIGH)
CREATED: Final = admin(
    Scope.MANAGE,
    Answer(description="The new tenant."),
    TenantConflict("This tenant exists already"),
    INVALID_NAME,
)
CHANGED: Final = admin(
    Scope.MANAGE,
    Answer(description="The tenant as it is now."),
    NOT_FOUND,
    TenantConflict("This tenant is erased"),
    INVALID_ID,
)
LIMITED: Final = admin(
    Scope.MANAGE,
    Answer(description="The tenant as it is now."),
    NOT_FOUND,
    TenantConflict("This tenant is erased"),
    INVALID_QUOTA,
)
ERASURE_REQUESTED: Final = admin(
    Scope.MANAGE,
    Answer(description="The erasure waits for its confirmation.", status=HTTPStatus.ACCEPTED),
    NOT_FOUND,
    TenantConflict("This tenant is being erased already"),
    INVALID_ID,
)
ERASURE_CONFIRMED: Final = admin(
    Scope.KEYS,
    Answer(description="Keys and ideas are destroyed."),
    WrongConfirmation(),
    NOT_FOUND,
    TooEarly(datetime(2026, 11, 23, 21, 40, tzinfo=UTC)),
    INVALID_CONFIRMATION,
)
ROOT_KEYS: Final = admin(Scope.KEYS, Answer(description="The root keys in use."))
