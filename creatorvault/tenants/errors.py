"""Errors of tenants and vaults. A request that fails with one of them has changed nothing."""

from collections.abc import Mapping

from creatorvault.core.errors import Alert, Forbidden, NotFound


class Undecided(Exception):
    """A single statement cannot decide a request. It has changed nothing; the caller must use a transaction."""


class Conflict(Undecided):
    """A change did nothing: the vault or the idea is not in the expected state, or a quota would be exceeded."""


class TenantSuspended(Forbidden):
    def __init__(self) -> None:
        super().__init__("This tenant is suspended; its operator can say why")


class VaultSetBack(Alert):
    """A vault's row has an earlier state than this process has seen committed, or is missing."""

    code = "vault_set_back"


class VaultMismatch(Alert):
    """The vault's rows do not match its vault row or a segment: some were added, removed or rolled back outside of the
    service.
    """

    code = "vault_mismatch"


class NotItsOwner(Forbidden):
    """The caller has no role that may view its tenant."""

    def __init__(self) -> None:
        super().__init__("This needs an owner or admin of the organization")


class NothingStored(NotFound):
    def __init__(self) -> None:
        super().__init__("Nothing is stored in this tenant yet")


class TenantErased(Forbidden):
    """The tenant is erased, or its erasure waits for confirmation: nothing may be added to it."""

    def __init__(self) -> None:
        super().__init__("This tenant is being erased or has been")


class VaultErased(Forbidden):
    """The vault is erased, or its erasure by an operator waits for confirmation: nothing may be added to it."""

    def __init__(self) -> None:
        super().__init__("This vault is being erased or has been")


class TenantUnknown(Forbidden):
    """Only operators create tenants (`tenancy.auto_provision = false`)."""

    def __init__(self) -> None:
        super().__init__("This tenant does not exist yet; an operator has to create it")


class QuotaExceeded(Forbidden):
    """`quota` is the name used in the settings; `limit` is in its unit, ideas or bytes."""

    def __init__(self, quota: str, limit: int) -> None:
        super().__init__(f"The quota {quota} of {limit} is used up")
        self.quota = quota
        self.limit = limit

    def members(self) -> Mapping[str, object]:
        return {"quota": self.quota, "limit": self.limit}
