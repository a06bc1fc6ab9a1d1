"""What the OpenAPI document says of a tenant to those who look after it."""

from typing import Final
from uuid import UUID

from creatorvault.core.http.paging import LIMIT_TOO_HIGH, TOTAL
from creatorvault.core.http.schemas import Prose
from creatorvault.core.openapi.answers import Answer, documents
from creatorvault.tenants.errors import NothingStored, NotItsOwner, TenantSuspended

TENANT_ID: Final = UUID("5b0d7a36-51d5-5f63-9c3e-7d1f0d0a4b10")

TENANT: Final[Prose] = {
    "tenant_id": ("Its id here.", str(TENANT_ID)),
    "external_id": ("The organization's id, as your token names it.", "org-1"),
    "created_at": ("When it came to be, UTC.", "2026-11-22T21:10:00Z"),
    "members": ("How many members have stored something.", 3),
    "ideas": ("How many ideas they have.", 1200),
    "sealed_bytes": ("How many bytes their ciphertexts take.", 1_300_000),
    "idea_quota": ("How many ideas the tenant may hold; null: as many as you like.", 100_000),
    "byte_quota": ("How many bytes of ciphertext the tenant may hold; null: as many as you like.", None),
    "vault_idea_quota": ("How many ideas each member may have; null: as many as they like.", 1_000_000),
    "vault_byte_quota": ("How many bytes of ciphertext each member may have; null: as many as they like.", None),
}
MEMBER: Final[Prose] = {
    "user_id": ("Who: the subject of their token.", "user-1"),
    "ideas": ("How many ideas they have.", 400),
    "sealed_bytes": ("How many bytes their ciphertexts take.", 430_000),
    "created_at": ("When they stored their first one, UTC.", "2026-11-22T21:10:00Z"),
    "last_activity": ("When they last changed something, UTC.", "2026-11-22T21:40:00Z"),
}
MEMBERS: Final[Prose] = {
    "items": ("The members, the latest active first.", [{name: value for name, (_, value) in MEMBER.items()}]),
    **TOTAL,
}


READ: Final = documents(Answer(description="The tenant."), NotItsOwner(), TenantSuspended(), NothingStored())
LIST: Final = documents(
    Answer(description="A page of members."), NotItsOwner(), TenantSuspended(), NothingStored(), LIMIT_TOO_HIGH
)
AUDIT: Final = documents(
    Answer(description="A page of events."), NotItsOwner(), TenantSuspended(), NothingStored(), LIMIT_TOO_HIGH
)
