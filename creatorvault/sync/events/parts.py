"""Process-wide objects of live updates."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from msgspec.structs import replace

from creatorvault.core.database.sessions import Database
from creatorvault.core.database.statements import Statements
from creatorvault.core.parts import Parts
from creatorvault.core.telemetry.pseudonyms import Pseudonyms
from creatorvault.core.waiting.shutdown import Shutdown
from creatorvault.settings.sections import Settings
from creatorvault.sync.events.hub import Hub
from creatorvault.sync.events.notices import Notifier, VaultNames
from creatorvault.sync.events.standings import Standings
from creatorvault.sync.events.watching import Watcher
from creatorvault.tenants.parts import VaultParts


@dataclass(slots=True)
class LiveParts:
    settings: Settings
    hub: Hub
    standings: Standings
    notifier: Notifier
    watcher: Watcher


@asynccontextmanager
async def live_parts(parts: Parts) -> AsyncGenerator[LiveParts]:
    """Opens no connection and starts no task: there is no stream yet.

    Notices and looks have a connection of their own, so that they and requests do not wait for each other.
    """
    settings, revisions = parts[Settings], parts[VaultParts].revisions
    names = VaultNames(parts[Pseudonyms])
    own = Statements(replace(settings.database, pool_size=1))
    of_requests, of_streams = (
        Standings(parts[Database], statements, distributed=settings.database.distributed)
        for statements in (parts[Statements], own)
    )
    hub, notifier = Hub(settings.live, names), Notifier(own, names)
    watcher = Watcher(settings, hub, of_streams, notifier)
    revisions.watchers += [hub, notifier]
    with parts[Shutdown].calling(hub.close):
        try:
            yield LiveParts(settings, hub, of_requests, notifier, watcher)
        finally:
            revisions.watchers.clear()
            hub.close()
            await watcher.aclose()
            await notifier.aclose()
            await own.close()
