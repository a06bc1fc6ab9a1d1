"""Quotas of vaults and tenants."""

from creatorvault.settings.sections import TenancySettings
from creatorvault.tenants.errors import QuotaExceeded
from creatorvault.tenants.repositories import Counters, TenantState, VaultRepository
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
        ideas, sealed_bytes, _ = usage
        _check("vault_idea_quota", self._vault_ideas, vault.idea_count, ideas)
        _check("vault_byte_quota", self._vault_bytes, vault.sealed_bytes, sealed_bytes)
        if (self._ideas, self._bytes) != (None, None) and (ideas > 0 or sealed_bytes > 0):
            used = await repository.usage_of_tenant()
            _check("idea_quota", self._ideas, used.ideas, ideas)
            _check("byte_quota", self._bytes, used.sealed_bytes, sealed_bytes)


def first(own: int | None, default: int | None) -> int | None:
    return default if own is None else own


def _check(quota: str, limit: int | None, used: int, growth: int) -> None:
    if limit is not None and growth > 0 and used + growth > limit:
        raise QuotaExceeded(quota, limit)
