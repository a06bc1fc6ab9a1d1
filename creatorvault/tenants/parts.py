"""What all vaults of a process share."""

from collections.abc import Callable
from dataclasses import dataclass, field

from creatorvault.core.database.sessions import Database
from creatorvault.core.database.statements import Statements
from creatorvault.core.identifiers import VaultId
from creatorvault.crypto.keyring import Keyring
from creatorvault.settings.sections import TenancySettings
from creatorvault.tenants.revisions import SeenRevisions


@dataclass(frozen=True, slots=True)
class VaultParts:
    """`database` and `statements` are two pools of connections to the same database."""

    database: Database
    statements: Statements
    keyring: Keyring
    revisions: SeenRevisions
    tenancy: TenancySettings
    also_forget: list[Callable[[VaultId], None]] = field(default_factory=list)
    """Of the apps that keep something of vaults in memory."""

    def forget(self, vault: VaultId) -> None:
        """Drops what this process holds of a vault that was erased or set back."""
        self.keyring.forget(vault)
        for forget in self.also_forget:
            forget(vault)
