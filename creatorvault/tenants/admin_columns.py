"""Columns and inputs of the pages of tenants and vaults."""

from typing import Final

from creatorvault.core.console.declarations import N_, Column, Input, Kind

KINDS: Final = {"personal": N_("Personal"), "organization": N_("Organization")}
STATUSES: Final = {
    "active": N_("Active"),
    "suspended": N_("Suspended"),
    "erasing": N_("Waits for erasure"),
    "erased": N_("Erased"),
}
VAULT_STATUSES: Final = {
    "active": N_("Active"),
    "closed": N_("Waits for erasure"),
    "destroyed": N_("Erased"),
}
TENANT: Final = {"tenant_id": "tenant_id"}
VAULT: Final = {**TENANT, "user_id": "user_id"}

NAME: Final = Column(name="external_id", label=N_("Name"), kind=Kind.IDENTIFIER, link="tenants", keys=TENANT)
STATUS: Final = Column(name="status", label=N_("Status"), kind=Kind.STATUS, values=STATUSES)
VAULT_STATUS: Final = Column(name="status", label=N_("Status"), kind=Kind.STATUS, values=VAULT_STATUSES)
KIND: Final = Column(name="kind", label=N_("Kind"), values=KINDS)
TENANT_ID: Final = Column(name="tenant_id", label=N_("Tenant id"), kind=Kind.IDENTIFIER)
IDEAS: Final = Column(name="ideas", label=N_("Ideas"), kind=Kind.NUMBER)
SEALED_BYTES: Final = Column(name="sealed_bytes", label=N_("Size"), kind=Kind.BYTES)
CREATED: Final = Column(name="created_at", label=N_("Created"), kind=Kind.MOMENT)
CHANGED: Final = Column(name="last_activity", label=N_("Last change"), kind=Kind.MOMENT)
CREATOR: Final = Column(name="user_id", label=N_("Creator"), kind=Kind.IDENTIFIER, link="vaults", keys=VAULT)
CONFIRMATION: Final = Column(name="confirmation", label=N_("Confirmation"), kind=Kind.IDENTIFIER)
NOT_BEFORE: Final = Column(name="not_before", label=N_("Can be confirmed from"), kind=Kind.MOMENT)
CONFIRM: Final = Input(
    name="confirmation", label=N_("Confirmation"), hint=N_("It was shown when the erasure was asked for.")
)
