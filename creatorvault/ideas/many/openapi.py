"""Descriptions and examples of bulk operations for the OpenAPI document."""

from http import HTTPStatus
from typing import Final

from creatorvault.core.errors import RequestInvalid
from creatorvault.core.openapi.headers import UNDO
from creatorvault.core.openapi.responses import DocumentedResponse, documents, refused
from creatorvault.ideas.errors import IdeaNotFound, NotYourIdeas
from creatorvault.ideas.many.errors import BulkRefused, TagsTooLong, TooManyIdeas
from creatorvault.ideas.many.prose import TAG, UNUSED_ID
from creatorvault.ideas.many.schemas import BulkError, BulkRefusal, BulkRequest, BulkResult
from creatorvault.ideas.many.tags import MOST
from creatorvault.ideas.openapi import FULL, GROWN
from creatorvault.ideas.prose import IDEA_ID
from creatorvault.idempotency.errors import InFlight
from creatorvault.tenants.errors import TenantSuspended

REQUESTS: Final = {
    "Move ideas on, all or none": {
        "operations": [
            {"op": "change", "id": str(IDEA_ID), "if_match": TAG, "changes": {"stage": "published"}},
            {"op": "delete", "id": UNUSED_ID},
        ]
    },
    "Create and change": {
        "operations": [
            {"op": "create", "id": UNUSED_ID, "idea": {"title": "Five breakfasts in five minutes"}},
            {"op": "change", "id": UNUSED_ID, "changes": {"tags": ["video", "food"]}},
        ]
    },
    "What can be done": {
        "atomic": False,
        "operations": [
            {"op": "create", "idea": {"title": "Six breakfasts in six minutes"}},
            {"op": "replace", "id": str(IDEA_ID), "idea": {"title": "Soups"}},
        ],
    },
}
EXECUTED: Final = DocumentedResponse(description="The results of all operations.", headers=(UNDO,))
REFUSED: Final = BulkRefused(
    [
        BulkResult(
            op="change",
            id=IDEA_ID,
            status=HTTPStatus.NOT_FOUND,
            error=BulkError(IdeaNotFound(IDEA_ID).detail, IdeaNotFound.code),
        )
    ]
)
INVALID: Final = RequestInvalid(
    [{"type": "missing", "loc": ("body", "operations", 0, "idea", "title"), "msg": "Field required"}]
)

BULK: Final = documents(
    EXECUTED,
    refused(REFUSED, BulkRefusal),
    InFlight(),
    NotYourIdeas("POST"),
    FULL,
    TenantSuspended(),
    INVALID,
    request=REQUESTS,
    body=BulkRequest,
)

RENAMES: Final = {
    "Rename": {"from": ["movie"], "to": "video"},
    "Merge": {"from": ["movie", "clip"], "to": "video"},
}
RENAME: Final = documents(
    DocumentedResponse(description="The tags were renamed."),
    NotYourIdeas("POST"),
    GROWN,
    TenantSuspended(),
    InFlight(),
    TooManyIdeas(MOST),
    TagsTooLong(),
    request=RENAMES,
)
