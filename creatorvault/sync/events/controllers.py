"""The endpoint of live updates."""

from litestar import Controller
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency, Provide

from creatorvault.core.http.dispatch import directly
from creatorvault.core.http.handlers import get
from creatorvault.sync.events import openapi
from creatorvault.sync.events.dependencies import provide_stream
from creatorvault.sync.events.responses import EventStream


class EventsController(Controller):
    path = "/api/v1/{user_id:str}/events"
    tags = ["Sync"]
    cache_control = CacheControlHeader(no_store=True)
    middleware = [directly]
    dependencies = {"stream": Provide(provide_stream)}

    @get("/", summary="Stream live updates", **openapi.STREAM)
    async def stream_events(self, stream: NamedDependency[EventStream]) -> EventStream:
        """Sends the vault's revision now and whenever it changes, as server-sent events. Events contain no content.

        The header `Last-Event-ID` names the last revision that you have seen: if it is the current one, the first event
        is the next change. Several changes may be sent as one event. Lines that begin with a colon keep the connection
        alive. Before the service ends a stream it sends the event `end` with a reason: `token_expired`, `suspended`,
        `erased`, `shutdown` or `too_old`.
        """
        return stream
