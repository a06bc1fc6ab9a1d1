"""What the OpenAPI document says of audit events."""

from typing import Final

from creatorvault.core.http.paging import PAGE, TOTAL
from creatorvault.core.http.schemas import Prose

QUOTAS: Final = {
    "idea_quota": "100000",
    "byte_quota": "default",
    "vault_idea_quota": "default",
    "vault_byte_quota": "default",
}
OPERATOR: Final = "operator:7d0c9a6e-4f0b-4a53-9d57-2f6b8c1e3a90"
EVENT: Final[Prose] = {
    "tenant_id": ("Whose event; the nil UUID for what concerns no tenant.", "5b0d7a36-51d5-5f63-9c3e-7d1f0d0a4b10"),
    "sequence": ("Its place in the tenant's chain, from 1.", 3),
    "happened_at": ("When, UTC.", "2026-11-22T21:10:00.123456Z"),
    "actor": ("Who: a user, an operator, the service, or a command at a terminal.", OPERATOR),
    "verb": ("What was done.", "tenant.quotas_set"),
    "targets": ("To what: ids and numbers.", QUOTAS),
    "address": ("From where: a pseudonym of the address that holds for one day.", "9f86d081884c7d65"),
    "outcome": ("How it ended.", "done"),
}
EVENTS: Final[Prose] = {
    "items": ("The newest events first.", [{name: value for name, (_, value) in EVENT.items()}]),
    **TOTAL,
}
QUERY: Final[Prose] = {
    **PAGE,
    "actor": ("Only what this actor did.", OPERATOR),
    "verb": ("Only this verb.", "tenant.suspended"),
    "since": ("Only from this moment on.", "2026-11-22T00:00:00Z"),
    "until": ("Only before this moment.", "2026-11-23T00:00:00Z"),
}
