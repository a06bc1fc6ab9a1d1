"""SQL of moods, always scoped to one creator."""

from collections.abc import Sequence

from sqlmodel import col

from creatorvault.core.database.repositories import ScopedRepository
from creatorvault.core.database.sessions import WriteSession
from creatorvault.core.identifiers import VaultId
from creatorvault.tenants.repositories import vault_scope

from .models import Mood


class MoodRepository(ScopedRepository[Mood]):
    model_type = Mood

    def __init__(self, session: WriteSession, vault: VaultId) -> None:
        super().__init__(session, vault_scope(Mood, vault))
        self._vault = vault

    async def note(self, mood: str) -> None:
        await self.add(Mood(tenant_id=self._vault.tenant_id, user_id=self._vault.user_id, mood=mood))

    async def noted(self) -> Sequence[str]:
        moods: Sequence[str] = (await self.session.execute(self.columns(col(Mood.mood)))).scalars().all()
        return moods
