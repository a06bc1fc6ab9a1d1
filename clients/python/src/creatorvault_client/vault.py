"""The ideas of one creator."""

from collections.abc import AsyncGenerator, Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, cast
from urllib.parse import quote
from uuid import uuid4

import httpx

from creatorvault_client.cursors import every_item
from creatorvault_client.errors import ApiError
from creatorvault_client.live import SILENT_SECONDS, revisions
from creatorvault_client.models import (
    BulkResponse,
    ChangeList,
    ChangeOperation,
    CreateOperation,
    DeleteOperation,
    IdeaCreate,
    IdeaListResponse,
    IdeaResponse,
    IdeaUpdate,
    ReplaceOperation,
)

if TYPE_CHECKING:
    from creatorvault_client.client import Client, Parameters

Idea: TypeAlias = IdeaResponse
BulkOperation: TypeAlias = CreateOperation | ChangeOperation | ReplaceOperation | DeleteOperation


class Version(NamedTuple):
    """An idea, and the version of it that was read."""

    etag: str
    idea: Idea


class Vault:
    """Every method raises ApiError, and UnreachableError if no answer came."""

    def __init__(self, client: "Client", user_id: str) -> None:
        self._client = client
        self._path = f"/api/v1/{quote(user_id, safe='')}"

    async def create(self, idea: IdeaCreate, *, key: str | None = None) -> Version:
        """Stores the idea once, however often it has to be sent."""
        headers = {"Idempotency-Key": key or str(uuid4())}
        return _version(await self._client.send("POST", f"{self._path}/ideas", body=idea, headers=headers))

    async def get(self, idea_id: str) -> Version:
        return _version(await self._client.send("GET", self._one(idea_id)))

    def ideas(self, query: "Parameters | None" = None) -> AsyncGenerator[Idea, None]:
        """Yields every idea that matches, page by page. One that changes meanwhile may come twice or not at all."""

        async def page(cursor: str) -> tuple[list[Idea], str | None]:
            asked: Parameters = {"limit": 100, **(query or {}), "cursor": cursor}
            found = await self._client.call("GET", f"{self._path}/ideas", IdeaListResponse, query=asked)
            return found["items"], found.get("next_cursor")

        return every_item(page)

    async def update(self, idea_id: str, change: Callable[[Idea], IdeaUpdate | None]) -> Version:
        """Reads an idea and changes what `change` returns, which returns None to leave it as it is.

        `change` may be called again: if the idea has been changed meanwhile, with its current version.
        """
        version = await self.get(idea_id)
        while (changes := change(version.idea)) is not None:
            try:
                headers = {"If-Match": version.etag}
                return _version(await self._client.send("PATCH", self._one(idea_id), body=changes, headers=headers))
            except ApiError as error:
                if error.status != httpx.codes.PRECONDITION_FAILED:
                    raise
                version = await self._current(idea_id, error)
                if error.repeated and all(version.idea.get(name) == value for name, value in changes.items()):
                    return version  # the answer to the first attempt was lost, and it was a success
        return version

    async def remove(self, idea_id: str, *, etag: str | None = None) -> None:
        """Deletes an idea; with `etag` only that version of it."""
        try:
            await self._client.send("DELETE", self._one(idea_id), headers={} if etag is None else {"If-Match": etag})
        except ApiError as error:
            # An earlier attempt, whose answer was lost, has deleted it.
            if not (error.status == httpx.codes.NOT_FOUND and error.repeated):
                raise

    async def bulk(
        self, operations: Sequence[BulkOperation], *, atomic: bool = True, key: str | None = None
    ) -> BulkResponse:
        """Makes up to 500 creates, changes, replacements and deletions in one transaction.

        All or nothing if `atomic`; else each operation has its own result. `key` is the same for every attempt of one
        request, also after a restart of your program.
        """
        body = {"atomic": atomic, "operations": list(operations)}
        headers = {"Idempotency-Key": key or str(uuid4())}
        return await self._client.call("POST", f"{self._path}/ideas/bulk", BulkResponse, body=body, headers=headers)

    async def changes(self, since: str = "", *, limit: int = 500) -> ChangeList:
        """Returns what has changed since the token `next` of an earlier answer; from the beginning without one."""
        query: Parameters = {"since": since, "limit": limit}
        return await self._client.call("GET", f"{self._path}/changes", ChangeList, query=query)

    def revisions(
        self, *, after: int | None = None, silent_seconds: float = SILENT_SECONDS
    ) -> AsyncGenerator[int, None]:
        """Yields a number whenever the ideas have changed, the current one first, and reconnects. Never ends by itself.

        `after` is the last revision that you know: it is not repeated.
        """
        return revisions(self._client, f"{self._path}/events", after, silent_seconds)

    def _one(self, idea_id: str) -> str:
        return f"{self._path}/ideas/{quote(idea_id, safe='')}"

    async def _current(self, idea_id: str, error: ApiError) -> Version:
        current = cast("Idea | None", error.body.get("current"))
        return await self.get(idea_id) if current is None or error.etag is None else Version(error.etag, current)


def _version(response: httpx.Response) -> Version:
    return Version(response.headers.get("ETag", "*"), cast("Idea", response.json()))
