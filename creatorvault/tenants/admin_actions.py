"""Actions on a tenant for the operators' console."""

from typing import Final

from creatorvault.core.console.declarations import N_, Action, Column, Input, Kind
from creatorvault.tenants.admin_columns import CONFIRM, CONFIRMATION, NOT_BEFORE

DEFAULT: Final = N_("If it is empty, the default from the settings holds.")
NOT_ERASED: Final = ("active", "suspended", "erasing")

ACTIONS: Final = [
    Action(
        name="suspend",
        label=N_("Suspend"),
        operation="suspend_tenant",
        question=N_("Its creators are refused from then on. Their data is not changed."),
        done=N_("The tenant is suspended."),
        dangerous=True,
        when={"status": ["active"]},
    ),
    Action(
        name="resume",
        label=N_("Resume"),
        operation="resume_tenant",
        question=N_("Its creators have access again."),
        done=N_("The tenant is active again."),
        when={"status": ["suspended"]},
    ),
    Action(
        name="quotas",
        label=N_("Set quotas"),
        operation="set_quotas",
        question=N_("A quota below what is stored refuses growth and deletes nothing."),
        inputs=[
            Input(name="idea_quota", label=N_("Most ideas"), hint=DEFAULT),
            Input(name="byte_quota", label=N_("Largest size in bytes"), hint=DEFAULT),
            Input(name="vault_idea_quota", label=N_("Most ideas of a vault"), hint=DEFAULT),
            Input(name="vault_byte_quota", label=N_("Largest size of a vault in bytes"), hint=DEFAULT),
        ],
        done=N_("The quotas were set."),
        when={"status": NOT_ERASED},
    ),
    Action(
        name="retention",
        label=N_("Set retention"),
        operation="set_retention",
        question=N_("Earlier versions and deleted ideas that are older are not shown any more, and are purged."),
        inputs=[Input(name="retention_days", label=N_("Days of retention"), hint=DEFAULT)],
        done=N_("The retention was set."),
        when={"status": NOT_ERASED},
    ),
    Action(
        name="owner-export",
        label=N_("Set owner export"),
        operation="set_owner_export",
        question=N_("Members see each export of their vaults in their events."),
        inputs=[Input(name="owner_export", label=N_("Owners may export members' vaults"))],
        done=N_("The setting was changed."),
        when={"status": NOT_ERASED},
    ),
    Action(
        name="root-key",
        label=N_("Set root key"),
        operation="set_root_key",
        question=N_("It wraps new keys of the tenant's vaults. Keys that are wrapped already stay as they are."),
        inputs=[Input(name="root_key_id", label=N_("Root key"), hint=DEFAULT)],
        done=N_("The root key was set."),
        fresh=True,
        when={"status": NOT_ERASED},
    ),
    Action(
        name="request-erasure",
        label=N_("Ask for erasure"),
        operation="request_erasure",
        question=N_("Its creators are refused from then on. Nothing is destroyed before it is confirmed."),
        done=N_("The erasure waits for its confirmation."),
        fresh=True,
        dangerous=True,
        when={"status": ["active", "suspended"]},
        result=[CONFIRMATION, NOT_BEFORE],
    ),
    Action(
        name="withdraw-erasure",
        label=N_("Withdraw erasure"),
        operation="withdraw_erasure",
        question=N_("The tenant is suspended afterwards, with all of its data."),
        done=N_("The erasure was withdrawn."),
        when={"status": ["erasing"]},
    ),
    Action(
        name="confirm-erasure",
        label=N_("Confirm erasure"),
        operation="confirm_erasure",
        question=N_("Destroys the keys of all its vaults and all of its ideas. This cannot be undone."),
        inputs=[CONFIRM],
        done=N_("The tenant was erased."),
        fresh=True,
        dangerous=True,
        when={"status": ["erasing"]},
        result=[
            Column(name="keys", label=N_("Destroyed keys"), kind=Kind.NUMBER),
            Column(name="ideas", label=N_("Destroyed ideas"), kind=Kind.NUMBER),
        ],
    ),
]
