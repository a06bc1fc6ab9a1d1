"""Descriptions and examples of counts for the OpenAPI document."""

from typing import Final

from creatorvault.core.errors import RequestInvalid
from creatorvault.core.http.schemas import Prose
from creatorvault.core.openapi.headers import ETAG
from creatorvault.core.openapi.responses import DocumentedResponse, documents
from creatorvault.ideas.errors import NotYourIdeas, TooManyTags
from creatorvault.ideas.openapi import INVALID_OWNER, NOT_MODIFIED

STAGES: Final[Prose] = {
    "idea": ("Ideas in the stage `idea`.", 3),
    "outline": ("Ideas in the stage `outline`.", 2),
    "draft": ("Ideas in the stage `draft`.", 1),
    "published": ("Ideas in the stage `published`.", 4),
}
PRIORITIES: Final[Prose] = {
    "high": ("Ideas of high priority.", 2),
    "medium": ("Ideas of medium priority.", 7),
    "low": ("Ideas of low priority.", 1),
}
DUE: Final[Prose] = {
    "none": ("Ideas without a due date.", 4),
    "overdue": ("Ideas that were due before the time of the response, in any stage.", 5),
    "upcoming": ("Ideas that are due later.", 1),
}
MONTH: Final[Prose] = {
    "month": ("Year and month of UTC.", "2026-11"),
    "created": ("Ideas created in this month.", 10),
    "due": ("Ideas due in this month.", 6),
}


def _example(prose: Prose) -> dict[str, object]:
    return {name: value for name, (_, value) in prose.items()}


STATISTICS: Final[Prose] = {
    "total": ("Number of ideas.", 10),
    "by_stage": ("By stage.", _example(STAGES)),
    "by_priority": ("By priority.", _example(PRIORITIES)),
    "by_due": ("By due date.", _example(DUE)),
    "by_month": ("By month, in order, without months in which nothing was created or is due.", [_example(MONTH)]),
}
TAG: Final[Prose] = {
    "tag": ("The tag as the newest idea that has it spells it.", "food"),
    "count": ("Number of ideas that have the tag, ignoring case.", 7),
}
TAG_QUERY: Final[Prose] = {
    "limit": ("Maximum number of tags per page.", 100),
    "offset": ("Number of tags to skip. Past the end, `items` is empty.", 0),
}
TAGS: Final[Prose] = {
    "items": ("The tags of this page, by count, equally frequent ones by tag, ignoring case.", [_example(TAG)]),
    "total": ("Number of different tags.", 1),
    "limit": ("Maximum number of tags per page.", 100),
    "offset": ("Number of tags before this page.", 0),
    "has_more": ("Whether more tags follow this page.", False),
}

COUNTED: Final = DocumentedResponse(description="The counts.", headers=(ETAG,))
LISTED: Final = DocumentedResponse(description="A page of tags.", headers=(ETAG,))
LIMIT_TOO_HIGH: Final = RequestInvalid(
    [
        {
            "type": "less_than_equal",
            "loc": ("query", "limit"),
            "msg": "Input should be less than or equal to 1000",
            "input": "5000",
            "ctx": {"le": 1000},
        }
    ]
)

STATS: Final = documents(COUNTED, NOT_MODIFIED, NotYourIdeas("GET"), INVALID_OWNER)
LIST_TAGS: Final = documents(LISTED, NOT_MODIFIED, NotYourIdeas("GET"), LIMIT_TOO_HIGH, TooManyTags())
