"""Clients that pull changes, and what they have then."""

from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.factories import Creator, Idea


async def changes(creator: Creator, since: str = "", **parameters: int) -> httpx.Response:
    url = f"/api/v1/{creator.user_id}/changes"
    return await creator.request("GET", url, params={"since": since, **parameters})


async def pulled(creator: Creator, since: str = "", **parameters: int) -> dict[str, Any]:
    answer = await changes(creator, since, **parameters)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


@dataclass
class Device:
    """Keeps a copy of a vault, as docs/sync.md says. `since` is its token; `resyncs` counts its new starts."""

    creator: Creator
    limit: int = 100
    since: str = ""
    ideas: dict[str, Idea] = field(default_factory=dict)
    etags: dict[str, str] = field(default_factory=dict)
    resyncs: int = 0
    pages: int = 0

    async def pull(self) -> None:
        """Pulls until there is nothing more."""
        while await self.page():
            pass

    async def page(self) -> bool:
        """Pulls one page. Returns whether there is more."""
        answer = await changes(self.creator, self.since, limit=self.limit)
        if answer.status_code == 410:
            assert answer.json()["code"] == "resync_required"
            self.since, self.resyncs = "", self.resyncs + 1
            self.ideas.clear()
            self.etags.clear()
            return True
        assert answer.status_code == 200, answer.text
        page = answer.json()
        self.pages += 1
        assert not {each["idea"]["id"] for each in page["changed"]} & {*page["deleted"]}
        for each in page["changed"]:
            idea_id = each["idea"]["id"]
            self.ideas[idea_id], self.etags[idea_id] = each["idea"], each["etag"]
        for idea_id in page["deleted"]:
            self.ideas.pop(idea_id, None)
            self.etags.pop(idea_id, None)
        self.since = page["next"]
        more: bool = page["has_more"]
        return more


async def listed(creator: Creator) -> dict[str, Idea]:
    """Returns all ideas, from the list."""
    found: dict[str, Idea] = {}
    cursor: str | None = ""
    while cursor is not None:
        answer = await creator.list({"limit": 100, "cursor": cursor})
        assert answer.status_code == 200, answer.text
        found |= {idea["id"]: idea for idea in answer.json()["items"]}
        cursor = answer.json()["next_cursor"]
    return found
