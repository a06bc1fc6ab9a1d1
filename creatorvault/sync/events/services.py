"""Opens the stream of one vault, for one request."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

from creatorvault.core.identifiers import VaultId, VaultRevision
from creatorvault.sync.events.parts import LiveParts
from creatorvault.sync.events.streams import Lifetime, Stream
from creatorvault.tenants.admission import refuse

NOTHING_STORED: Final = VaultRevision(0)


class EventService:
    """`caller` is a pseudonym. `last` is the revision that the client has seen."""

    def __init__(self, parts: LiveParts, vault: VaultId, caller: str, last: VaultRevision | None) -> None:
        self.hub = parts.hub
        self._parts = parts
        self._vault = vault
        self._caller = caller
        self._last = last

    async def check(self) -> VaultRevision:
        """Returns the current revision.

        Raises TenantSuspended, TenantErased, VaultErased, TenantUnknown, and ServiceUnavailable.
        """
        standing = await self._parts.standings.of_one(self._vault)
        refuse(standing.status, self._parts.settings.tenancy)
        return NOTHING_STORED if standing.revision is None else standing.revision

    @asynccontextmanager
    async def opened(self, lifetime: Lifetime) -> AsyncGenerator[Stream]:
        """Raises as `check`, TooManyStreams and NoRoomForStreams.

        It listens before it looks, so that no change is missed in between.
        """
        stream = Stream(self._vault, self._caller, lifetime, self._last)
        with self.hub.listening(stream):
            self._parts.watcher.start()
            before = self.hub.shown(self._vault)
            self.hub.looked_up(self._vault, before, await self.check())
            yield stream
