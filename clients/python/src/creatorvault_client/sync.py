"""A device: the ideas of one creator, which can be read and changed without a connection."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple, NotRequired, Self, TypeAlias, TypedDict, cast
from uuid import uuid4

import httpx

from creatorvault_client.errors import ApiError
from creatorvault_client.models import BulkResult, ChangeList, IdeaCreate, IdeaResponse, IdeaUpdate
from creatorvault_client.store import Store, Table
from creatorvault_client.vault import BulkOperation, Vault

AT_ONCE: Final = 100
EMPTY: Final = {"notes": None, "stage": "idea", "priority": "medium", "tags": (), "due_date": None}
CLEARED_BY_NULL: Final = frozenset({"notes", "due_date"})


class Create(TypedDict):
    op: Literal["create"]
    id: str
    idea: IdeaCreate


class Change(TypedDict):
    op: Literal["change"]
    id: str
    changes: IdeaUpdate
    if_match: NotRequired[str]


class Delete(TypedDict):
    op: Literal["delete"]
    id: str
    if_match: NotRequired[str]


Operation: TypeAlias = Create | Change | Delete
"""A change made on this device that the service has not confirmed."""

LocalIdea: TypeAlias = Mapping[str, Any]
"""What a device shows of an idea: the members of IdeaResponse. One that has not been sent yet has no times."""


class Conflict(NamedTuple):
    """A version from elsewhere meets an operation."""

    operation: Operation
    base: IdeaResponse | None
    """The version that was known before."""
    current: IdeaResponse | None
    """None if the idea is deleted."""


Rule: TypeAlias = Callable[[Conflict], Operation | None]
"""Returns what to send on top of the current version, or None to drop the operation."""


def merge(conflict: Conflict) -> Operation | None:
    """The default: fields changed here win over the same fields changed elsewhere, and deletions win over changes."""
    return None if conflict.current is None or conflict.operation["op"] == "create" else conflict.operation


class Rejected(TypedDict):
    """The service has refused an operation, as invalid or for a quota."""

    operation: Operation
    error: Any


class Known(TypedDict):
    etag: str
    idea: IdeaResponse
    pulled: bool
    """False until the version has come with the changes."""


class Batch(TypedDict):
    """What is being sent. Neither key nor operations change until there is an answer, so that repeats are harmless."""

    key: str
    operations: list[Operation]


class Device:
    def __init__(self, vault: Vault, store: Store, rule: Rule = merge) -> None:
        """For `open`, which also loads the state."""
        self._vault = vault
        self._store = store
        self._rule = rule
        self._unwritten: dict[str, Any] = {}
        self._known = Table[Known]("known", self._unwritten)
        self._outbox = Table[Operation]("outbox", self._unwritten)
        self._rejected = Table[Rejected]("rejected", self._unwritten)
        self._batch = Table[Batch]("batch", self._unwritten)
        self._token = Table[str]("token", self._unwritten)
        self._writing = asyncio.Lock()
        self._syncing = asyncio.Lock()

    @classmethod
    async def open(cls, vault: Vault, store: Store, rule: Rule = merge) -> Self:
        device = cls(vault, store, rule)
        entries = list((await store.load()).items())
        for table in (device._known, device._outbox, device._rejected, device._batch, device._token):
            table.restore(entries)
        return device

    def get(self, idea_id: str) -> LocalIdea | None:
        """Returns the idea with the local changes; None if there is none."""
        known = self._known.get(idea_id)
        idea: LocalIdea | None = None if known is None else cast("LocalIdea", known["idea"])
        for operation in (*self._sending(), self._outbox.get(idea_id)):
            if operation is not None and operation["id"] == idea_id:
                idea = _apply(idea, operation)
        return idea

    def ideas(self) -> Sequence[LocalIdea]:
        ids = {*self._known, *self._outbox, *(operation["id"] for operation in self._sending())}
        return [idea for idea in map(self.get, sorted(ids)) if idea is not None]

    def rejected(self) -> Sequence[Rejected]:
        """Returns the operations that the service has refused; `dismiss` forgets one."""
        return list(self._rejected.values())

    async def dismiss(self, idea_id: str) -> None:
        del self._rejected[idea_id]
        await self._flush()

    async def create(self, idea: IdeaCreate, idea_id: str | None = None) -> str:
        """Returns the id. `idea_id` is a random UUID in lower case, which has never been used."""
        idea_id = idea_id or str(uuid4())
        self._queue({"op": "create", "id": idea_id, "idea": idea})
        await self._flush()
        return idea_id

    async def change(self, idea_id: str, changes: IdeaUpdate) -> bool:
        """Returns False if there is no such idea on this device."""
        return await self._alter({"op": "change", "id": idea_id, "changes": changes})

    async def remove(self, idea_id: str) -> bool:
        return await self._alter({"op": "delete", "id": idea_id})

    async def sync(self) -> None:
        """Sends what was changed here, then fetches what was changed elsewhere. After an error, call it again."""
        async with self._syncing:
            await self._push()
            await self._pull()

    async def _push(self) -> None:
        while (batch := self._next_batch()) is not None:
            await self._flush()  # before it is sent: after a restart the same batch is sent again
            operations = cast("Sequence[BulkOperation]", batch["operations"])
            answer = await self._vault.bulk(operations, atomic=False, key=batch["key"])
            del self._batch[""]
            for operation, result in zip(batch["operations"], answer["results"], strict=True):
                self._settle(_without_version(operation), result)
            await self._flush()

    def _sending(self) -> Sequence[Operation]:
        return self._batch[""]["operations"] if self._batch else ()

    def _next_batch(self) -> Batch | None:
        if self._batch:
            return self._batch[""]
        operations = list(self._outbox.values())[:AT_ONCE]
        if not operations:
            return None
        for operation in operations:
            del self._outbox[operation["id"]]
        self._batch[""] = {"key": str(uuid4()), "operations": list(map(self._with_version, operations))}
        return self._batch[""]

    def _with_version(self, operation: Operation) -> Operation:
        known = self._known.get(operation["id"])
        if known is None or operation["op"] == "create":
            return operation
        return cast("Operation", {**operation, "if_match": known["etag"]})

    def _settle(self, operation: Operation, result: BulkResult) -> None:
        idea_id, idea, etag = operation["id"], result["idea"], result["etag"]
        known = self._known.get(idea_id)
        version: Known | None = None
        if idea is not None and etag is not None:
            unchanged = known is not None and known["etag"] == etag and known["pulled"]
            version = {"etag": etag, "idea": idea, "pulled": unchanged}
        if result["status"] < httpx.codes.MULTIPLE_CHOICES:
            if version is not None or operation["op"] == "delete":
                self._remember(idea_id, version)
        elif result["status"] == httpx.codes.PRECONDITION_FAILED and version is None:
            self._queue_before(operation)  # a repeat, and that version is gone
        elif result["status"] in {httpx.codes.NOT_FOUND, httpx.codes.CONFLICT, httpx.codes.PRECONDITION_FAILED}:
            self._meet(operation, version)
        elif idea_id in self._outbox:
            self._queue_before(operation)  # what was changed since may have mended it
        else:
            self._rejected[idea_id] = {"operation": operation, "error": result["error"]}

    async def _pull(self) -> None:
        more = True
        while more:
            page = await self._page()
            if page is not None:
                for changed in page["changed"]:
                    idea = changed["idea"]
                    self._arrive(idea["id"], {"etag": changed["etag"], "idea": idea, "pulled": True})
                for idea_id in page["deleted"]:
                    self._arrive(idea_id, None)
                self._token[""] = page["next"]
                more = page["has_more"]
            await self._flush()  # the token together with what it covers
        # What was created and deleted since the last token is in no page, and what was deleted before a 410 neither.
        for idea_id in [idea_id for idea_id, known in self._known.items() if not known["pulled"]]:
            self._arrive(idea_id, None)
        await self._flush()

    async def _page(self) -> ChangeList | None:
        """Returns None if the token is of no use: everything is fetched again, and unsent operations stay."""
        since = self._token.get("", "")
        try:
            return await self._vault.changes(since)
        except ApiError as error:
            if not since or not _is_useless(error):
                raise
            del self._token[""]
            for idea_id, known in list(self._known.items()):
                self._known[idea_id] = {**known, "pulled": False}
            return None

    def _arrive(self, idea_id: str, version: Known | None) -> None:
        operation, known = self._outbox.get(idea_id), self._known.get(idea_id)
        if operation is None or (version and version["etag"]) == (known and known["etag"]):
            self._remember(idea_id, version)
        else:
            del self._outbox[idea_id]
            self._meet(operation, version)

    def _meet(self, operation: Operation, version: Known | None) -> None:
        known = self._known.get(operation["id"])
        self._remember(operation["id"], version)
        conflict = Conflict(operation, known and known["idea"], version and version["idea"])
        if (decided := self._rule(conflict)) is not None:
            self._queue_before(decided)

    def _remember(self, idea_id: str, version: Known | None) -> None:
        if version is not None:
            self._known[idea_id] = version
        elif idea_id in self._known:
            del self._known[idea_id]

    async def _alter(self, operation: Operation) -> bool:
        if self.get(operation["id"]) is None:
            return False
        self._queue(operation)
        await self._flush()
        return True

    def _queue(self, operation: Operation) -> None:
        waiting = _combine(self._outbox.get(operation["id"]), operation)
        if waiting is None:
            del self._outbox[operation["id"]]
        else:
            self._outbox[operation["id"]] = waiting

    def _queue_before(self, operation: Operation) -> None:
        later = self._outbox.get(operation["id"])
        self._outbox[operation["id"]] = operation
        if later is not None:
            self._queue(later)

    async def _flush(self) -> None:
        """Writes in the order of the changes."""
        async with self._writing:
            entries = dict(self._unwritten)
            self._unwritten.clear()
            try:
                if entries:
                    await self._store.write(entries)
            except BaseException:
                for key, value in entries.items():
                    self._unwritten.setdefault(key, value)
                raise


def _is_useless(error: ApiError) -> bool:
    """Whether the token is too old, or not of this vault."""
    invalid = error.status == httpx.codes.UNPROCESSABLE_ENTITY
    return error.status == httpx.codes.GONE or (
        invalid and any(field["loc"][1:] == ["since"] for field in error.fields)
    )


def _combine(first: Operation | None, later: Operation) -> Operation | None:
    """Returns one operation for two of the same idea; None if they cancel out."""
    if first is None or first["op"] == "delete" or later["op"] == "create":
        return later
    if later["op"] == "delete":
        return None if first["op"] == "create" else later
    if first["op"] == "change":
        return {**first, "changes": {**first["changes"], **later["changes"]}}
    return {**first, "idea": cast("IdeaCreate", {**first["idea"], **_given(later["changes"])})}


def _apply(idea: LocalIdea | None, operation: Operation) -> LocalIdea | None:
    if operation["op"] == "create":
        return {**EMPTY, **operation["idea"], "id": operation["id"]}
    return {**idea, **_given(operation["changes"])} if operation["op"] == "change" and idea is not None else None


def _given(changes: IdeaUpdate) -> Mapping[str, object]:
    """Returns the changes without what `null` leaves as it is."""
    return {name: value for name, value in changes.items() if value is not None or name in CLEARED_BY_NULL}


def _without_version(operation: Operation) -> Operation:
    return cast("Operation", {name: value for name, value in operation.items() if name != "if_match"})
