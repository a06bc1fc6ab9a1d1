"""Litestar dependency providers: the stream of the caller's own vault."""

from datetime import UTC, datetime
from time import monotonic
from typing import Final

from creatorvault.core.http.inputs import Path
from creatorvault.core.identifiers import VaultId
from creatorvault.core.parts import part_of
from creatorvault.core.telemetry.asgi_headers import header
from creatorvault.core.telemetry.request_context import request_context_of
from creatorvault.ideas.dependencies import IdeasRequest
from creatorvault.ideas.errors import NotYourIdeas
from creatorvault.ideas.schemas import OwnerPath
from creatorvault.sync.events.parts import LiveParts
from creatorvault.sync.events.responses import EventStream
from creatorvault.sync.events.services import EventService
from creatorvault.sync.events.streams import Lifetime, last_event_id
from creatorvault.tenants.resolution import tenant_id_of

LAST_EVENT_ID: Final = b"last-event-id"


async def provide_stream(request: IdeasRequest, path: Path[OwnerPath]) -> EventStream:
    """Raises NotYourIdeas if the path names another user than the token."""
    identity, parts = request.user, part_of(request.app, LiveParts)
    if path.user_id != identity.subject:
        raise NotYourIdeas(request.method)
    settings = parts.settings.live
    events = EventService(
        parts,
        VaultId(tenant_id_of(identity), identity.subject),
        request_context_of(request.scope).caller or "",
        last_event_id(header(request.scope, LAST_EVENT_ID)),
    )
    token_seconds = (identity.expires_at - datetime.now(UTC)).total_seconds()
    return EventStream(
        events, Lifetime(monotonic() + token_seconds, settings.longest_seconds), settings.keep_alive_seconds
    )
