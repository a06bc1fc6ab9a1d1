"""Quotas of vaults and tenants."""

from collections.abc import Sequence

from creatorvault.settings.sections import TenancySettings
from creatorvault.tenants.errors import QuotaExceeded
from creatorvault.tenants.repositories import Counters, TenantState, Usage, VaultRepository
from creatorvault.tenants.statements.changes import UsageDelta


class Quotas:
    """The limits of one tenant: those set by an operator, else those of the settings. None means unlimited."""

    def __init__(self, tenant: TenantState, defaults: TenancySettings) -> None:
        self._vault_ideas = first(tenant.vault_idea_quota, defaults.vault_idea_quota)
        self._vault_bytes = first(tenant.vault_byte_quota, defaults.vault_byte_quota)
        self._ideas = first(tenant.idea_quota, defaults.idea_quota)
        self._bytes = first(tenant.byte_quota, defaults.byte_quota)

    async def check_growth(self, vault: Counters, repository: VaultRepository, usage: UsageDelta) -> None:
        """Raises QuotaExceeded if the vault may not grow by `usage`. A change that shrinks it is never refused."""
        grows = usage.ideas > 0 or usage.sealed_bytes > 0
        (await self.ledger(vault, repository, grows=grows)).add(usage)

    async def ledger(self, vault: Counters, repository: VaultRepository, *, grows: bool) -> "QuotaLedger":
        """Returns a ledger for changes of the vault in this transaction. `grows` is false if no change is growth."""
        used = Usage(0, 0)
        if grows and (self._ideas, self._bytes) != (None, None):
            used = await repository.usage_of_tenant()
        entries = (
            _Entry("vault_idea_quota", self._vault_ideas, vault.idea_count),
            _Entry("vault_byte_quota", self._vault_bytes, vault.sealed_bytes),
            _Entry("idea_quota", self._ideas, used.ideas),
            _Entry("byte_quota", self._bytes, used.sealed_bytes),
        )
        return QuotaLedger(entries)


class _Entry:
    """One quota, and how much of it is used."""

    __slots__ = ("_limit", "_quota", "used")

    def __init__(self, quota: str, limit: int | None, used: int) -> None:
        self._quota = quota
        self._limit = limit
        self.used = used

    def check(self, growth: int) -> None:
        """Raises QuotaExceeded if the quota does not allow the growth."""
        if self._limit is not None and growth > 0 and self.used + growth > self._limit:
            raise QuotaExceeded(self._quota, self._limit)


class QuotaLedger:
    """The use of all quotas, for changes that follow each other. Each is checked as if those before it were stored.

    The quotas are of ideas and of bytes, of the vault and then of its tenant.
    """

    def __init__(self, entries: Sequence[_Entry]) -> None:
        self._entries = entries

    def add(self, usage: UsageDelta) -> None:
        """Raises QuotaExceeded if the quotas do not allow the change. Then it is not added."""
        growths = (usage.ideas, usage.sealed_bytes) * 2
        for entry, growth in zip(self._entries, growths, strict=True):
            entry.check(growth)
        for entry, growth in zip(self._entries, growths, strict=True):
            entry.used += growth


def first(own: int | None, default: int | None) -> int | None:
    return default if own is None else own
