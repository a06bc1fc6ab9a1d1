"""Descriptions and examples of live updates for the OpenAPI document."""

from typing import Any, Final

from creatorvault.core.errors import RequestInvalid
from creatorvault.core.openapi.responses import DocumentedResponse, documents
from creatorvault.core.text import unstorable
from creatorvault.ideas.errors import NotYourIdeas
from creatorvault.sync.events.errors import NoRoomForStreams, TooManyStreams
from creatorvault.tenants.errors import TenantSuspended

_EVENTS: Final = (
    'retry: 2000\nid: 122\nevent: revision\ndata: {"revision": 122}\n\n'
    'id: 123\nevent: revision\ndata: {"revision": 123}\n\n:\n\n'
    'event: end\ndata: {"reason": "token_expired"}\n\n'
)
CONTENT: Final[dict[str, Any]] = {
    "text/event-stream": {
        "schema": {"description": "Server-sent events (HTML Living Standard §9.2), which OpenAPI 3.1 has no type for."},
        "examples": {"Two revisions, and the end": {"value": _EVENTS}},
    }
}
STREAMED: Final = DocumentedResponse(description="The stream, until it ends or is closed.", content=CONTENT)
INVALID_OWNER: Final = RequestInvalid(list(unstorable("user-\0", ("path", "user_id"))))
STREAM: Final = documents(
    STREAMED, NotYourIdeas("GET"), TenantSuspended(), INVALID_OWNER, TooManyStreams(), NoRoomForStreams()
)
