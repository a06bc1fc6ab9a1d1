"""Descriptions and examples of audit events for the OpenAPI document."""

from typing import Final

from creatorvault.core.http.paging import PAGE_QUERY, TOTAL
from creatorvault.core.http.schemas import Prose

QUOTAS: Final = {
    "idea_quota": "100000",
    "byte_quota": "default",
    "vault_idea_quota": "default",
    "vault_byte_quota": "default",
}
OPERATOR: Final = "operator:7d0c9a6e-4f0b-4a53-9d57-2f6b8c1e3a90"
EVENT: Final[Prose] = {
    "tenant_id": (
        "Tenant of the event; the nil UUID for events without a tenant.",
        "5b0d7a36-51d5-5f63-9c3e-7d1f0d0a4b10",
    ),
    "sequence": ("Position in the tenant's chain, starting at 1.", 3),
    "happened_at": ("Time of the event, UTC.", "2026-11-22T21:10:00.123456Z"),
    "actor": ("A user, an operator, the service, or a command on the command line.", OPERATOR),
    "verb": ("The action.", "tenant.quotas_set"),
    "targets": ("Ids and numbers that the action applied to.", QUOTAS),
    "address": ("Pseudonym of the client address, valid for one day.", "9f86d081884c7d65"),
    "outcome": ("Outcome of the action.", "done"),
}
EVENTS: Final[Prose] = {
    "items": ("The events, newest first.", [{name: value for name, (_, value) in EVENT.items()}]),
    **TOTAL,
}
FILTERS: Final[Prose] = {
    "actor": ("Only events of this actor.", OPERATOR),
    "verb": ("Only events with this verb.", "tenant.suspended"),
    "since": ("Only events at or after this time.", "2026-11-22T00:00:00Z"),
    "until": ("Only events before this time.", "2026-11-23T00:00:00Z"),
}
QUERY: Final[Prose] = {**PAGE_QUERY, **FILTERS}
PROBLEM: Final[Prose] = {
    "tenant_id": ("Tenant of the chain; the nil UUID for the chain of events without a tenant.", EVENT["tenant_id"][1]),
    "sequence": ("Position in the chain.", 3),
    "problem": ("What is wrong.", "it was edited, or not written by this service"),
}
