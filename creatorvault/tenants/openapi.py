"""Descriptions and examples of the tenant endpoints for the OpenAPI document."""

from typing import Final
from uuid import UUID

from creatorvault.core.errors import RequestInvalid
from creatorvault.core.http.paging import LIMIT_TOO_HIGH, TOTAL, CursorInvalid
from creatorvault.core.http.schemas import Prose
from creatorvault.core.openapi.responses import DocumentedResponse, documents
from creatorvault.tenants.errors import NothingStored, NotItsOwner, TenantSuspended

TENANT_ID: Final = UUID("5b0d7a36-51d5-5f63-9c3e-7d1f0d0a4b10")

TENANT: Final[Prose] = {
    "tenant_id": ("Id of the tenant in this service.", str(TENANT_ID)),
    "external_id": ("Id of the organization, as in your token.", "org-1"),
    "created_at": ("Creation time, UTC.", "2026-11-22T21:10:00Z"),
    "members": ("Number of members who have stored something.", 3),
    "ideas": ("Number of ideas.", 1200),
    "sealed_bytes": ("Total size of their ciphertexts in bytes.", 1_300_000),
    "idea_quota": ("Maximum number of ideas in the tenant; null means unlimited.", 100_000),
    "byte_quota": ("Maximum bytes of ciphertext in the tenant; null means unlimited.", None),
    "vault_idea_quota": ("Maximum number of ideas per member; null means unlimited.", 1_000_000),
    "vault_byte_quota": ("Maximum bytes of ciphertext per member; null means unlimited.", None),
    "retention_days": (
        "How many days the vaults of members who have not chosen keep earlier versions and deleted ideas; 0 for not at "
        "all.",
        30,
    ),
}
MEMBER: Final[Prose] = {
    "user_id": ("The member, which is the subject of their token.", "user-1"),
    "ideas": ("Number of ideas.", 400),
    "sealed_bytes": ("Total size of their ciphertexts in bytes.", 430_000),
    "created_at": ("Time of their first idea, UTC.", "2026-11-22T21:10:00Z"),
    "last_activity": ("Time of their last change, UTC.", "2026-11-22T21:40:00Z"),
}
MEMBERS: Final[Prose] = {
    "items": ("The members, most recently active first.", [{name: value for name, (_, value) in MEMBER.items()}]),
    **TOTAL,
}


INVALID_RETENTION: Final = RequestInvalid(
    [
        {
            "type": "less_than_equal",
            "loc": ("body", "retention_days"),
            "msg": "Input should be less than or equal to 365",
            "input": 366,
            "ctx": {"le": 365},
        }
    ]
)
READ: Final = documents(
    DocumentedResponse(description="The tenant."), NotItsOwner(), TenantSuspended(), NothingStored()
)
LIST: Final = documents(
    DocumentedResponse(description="A page of members."),
    NotItsOwner(),
    TenantSuspended(),
    NothingStored(),
    LIMIT_TOO_HIGH,
    CursorInvalid(),
)
AUDIT: Final = documents(
    DocumentedResponse(description="A page of events."),
    NotItsOwner(),
    TenantSuspended(),
    NothingStored(),
    LIMIT_TOO_HIGH,
    CursorInvalid(),
)
OWN_EVENTS: Final = documents(
    DocumentedResponse(description="A page of events."), TenantSuspended(), LIMIT_TOO_HIGH, CursorInvalid()
)
