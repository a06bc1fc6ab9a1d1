"""Why a tenant's request is refused. Nothing was changed by it."""

from collections.abc import Mapping

from creatorvault.core.errors import Alert, Forbidden, NotFound


class Undecided(Exception):
    """A single statement cannot decide a request. It has changed nothing; a transaction has to be asked."""


class Conflict(Undecided):
    """A change did nothing, since the vault or the idea is not what it was made for, or may not grow so."""


class TenantSuspended(Forbidden):
    def __init__(self) -> None:
        super().__init__("This tenant is suspended; its operator can say why")


class VaultSetBack(Alert):
    """A vault's own row is an earlier one than this process has seen committed, or is gone."""

    code = "vault_set_back"


class VaultMismatch(Alert):
    """The vault's rows are not those that its own row, or a segment, speaks of: some were added, taken away or set back
    behind our back.
    """

    code = "vault_mismatch"


class NotItsOwner(Forbidden):
    """Others do not look after a tenant."""

    def __init__(self) -> None:
        super().__init__("This needs an owner or admin of the organization")


class NothingStored(NotFound):
    def __init__(self) -> None:
        super().__init__("Nothing is stored in this tenant yet")


class TenantErased(Forbidden):
    """Also while an erasure waits for its confirmation: nothing may be added to what is about to go."""

    def __init__(self) -> None:
        super().__init__("This tenant is being erased or has been")


class TenantUnknown(Forbidden):
    """Tenants are made by an operator only (`tenancy.auto_provision = false`)."""

    def __init__(self) -> None:
        super().__init__("This tenant does not exist yet; an operator has to create it")


class QuotaExceeded(Forbidden):
    """`quota` is named as the settings name it; `limit` is in its unit, ideas or bytes."""

    def __init__(self, quota: str, limit: int) -> None:
        super().__init__(f"The quota {quota} of {limit} is used up")
        self.quota = quota
        self.limit = limit

    def members(self) -> Mapping[str, str | int]:
        return {"quota": self.quota, "limit": self.limit}
