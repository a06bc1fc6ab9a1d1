"""Renames tags of one vault, as one change."""

from collections.abc import Collection, Iterator, Sequence
from typing import Final
from uuid import UUID

import msgspec

from creatorvault.core.database.sessions import computing, run
from creatorvault.core.errors import ServiceUnavailable
from creatorvault.core.http.conditional import Precondition
from creatorvault.core.identifiers import VaultRevision
from creatorvault.core.waiting.event_loop_budget import TimeSlice
from creatorvault.ideas.content_search import ContentSearch
from creatorvault.ideas.drafting import retagged
from creatorvault.ideas.fields import TAGS_LENGTH
from creatorvault.ideas.lists.pages import ContentPage
from creatorvault.ideas.many.batch import Batch
from creatorvault.ideas.many.errors import TagsTooLong, TooManyIdeas
from creatorvault.ideas.many.storing import BatchStore
from creatorvault.ideas.many.tag_schemas import TagRename, TagRenameRequest
from creatorvault.ideas.schemas import IdeaQuery, IdeaResponse
from creatorvault.ideas.statements.content import CHANGED_IDS
from creatorvault.ideas.text.folding import fold_tag
from creatorvault.idempotency.services import IdempotencyKey
from creatorvault.tenants.opening import LockedVault, VaultView
from creatorvault.tenants.services import VaultService

MOST: Final = 5_000
"""Ideas that one request may change: other changes of the vault wait for about a second."""

PAGE: Final = 100
NOTHING: Final = VaultRevision(0)


class _Found(msgspec.Struct):
    """What is read of an idea in a page."""

    id: UUID


_found: Final = msgspec.json.Decoder(_Found).decode


class Renaming:
    """The rule: what becomes of the tags of an idea."""

    def __init__(self, replaced: Collection[str], to: str) -> None:
        self._replaced = frozenset(map(fold_tag, replaced))
        self._to = to
        self._merged = self._replaced | {fold_tag(to)}

    def of(self, tags: list[str]) -> list[str]:
        """Returns `tags` itself if none of them is renamed. Raises TagsTooLong."""
        folded = [fold_tag(tag) for tag in tags]
        if self._replaced.isdisjoint(folded):
            return tags
        renamed = list[str]()
        is_placed = False
        for tag, name in zip(tags, folded, strict=True):
            if name not in self._merged:
                renamed.append(tag)
            elif not is_placed:
                renamed.append(self._to)
                is_placed = True
        if len(",".join(renamed)) > TAGS_LENGTH:
            raise TagsTooLong
        return renamed

    def idea(self, idea: IdeaResponse) -> IdeaResponse:
        """Raises as `of`."""
        return retagged(idea, self.of(idea.tags))


class TagService:
    """Raises ServiceUnavailable and the errors of opening the vault, as `IdeaService` does."""

    def __init__(
        self,
        vault: VaultService,
        store: BatchStore,
        search: ContentSearch,
        slices: TimeSlice,
        idempotency_key: IdempotencyKey | None,
    ) -> None:
        self._vault = vault
        self._store = store
        self._search = search
        self._slices = slices
        self._key = idempotency_key

    async def find(self, given: TagRenameRequest) -> tuple[VaultRevision, Sequence[UUID]]:
        """Returns the ideas that have one of the tags, except those that were changed after the revision.

        Raises TooManyIdeas, and as `ContentSearch.answer`.
        """
        revision = await self._vault.read(_revision)
        ids = dict[UUID, None]()
        for names in _queries(given.replaced):
            cursor: object = ""
            while isinstance(cursor, str):
                page = await self._search.answer(ContentPage(IdeaQuery(tags=names, limit=PAGE, cursor=cursor)))
                cursor = page.next_cursor
                ids.update(dict.fromkeys(_found(item).id for item in page.items))
                if page.total > MOST or len(ids) > MOST:
                    raise TooManyIdeas(MOST)
        return revision, list(ids)

    async def rename(self, given: TagRenameRequest, revision: VaultRevision, ids: Sequence[UUID]) -> TagRename:
        """Renames the tags in one transaction. `revision` and `ids` are what `find` has returned.

        A repeated request with the same idempotency key gets the same response. Raises TooManyIdeas, TagsTooLong,
        QuotaExceeded, and the alerts of `OpenedIdeas`.
        """
        key, request = self._key, given.model_dump_json().encode()
        async with self._vault.transaction(None if key is None else key.claim, MOST) as vault:
            if key is not None:
                earlier = await key.replay(vault.session, vault.cipher, request, _Renamed)
                if earlier is not None:
                    return TagRename(given.to, earlier.changed)
            changed = await _changed_since(revision, vault)
            batch = await self._store.read(vault, [*ids, *changed], grows=True)
            with computing(vault.session):
                await self._change(batch, Renaming(given.replaced, given.to), [*dict.fromkeys((*ids, *changed))])
            await self._store.write(batch, vault, self._slices)
            renamed = len(batch.made)
            if key is not None:
                await key.store(vault.session, vault.cipher, request, _Renamed(renamed))
        await self._store.report(batch, self._slices)
        return TagRename(given.to, renamed)

    async def _change(self, batch: Batch, renaming: Renaming, ids: Sequence[UUID]) -> None:
        self._slices.restart()
        for idea_id in ids:
            if batch.lives(idea_id):
                batch.change(idea_id, Precondition(), renaming.idea)
            if len(batch.made) > MOST:
                raise TooManyIdeas(MOST)
            await self._slices.rest_if_over()


class _Renamed(msgspec.Struct, frozen=True):
    """What an idempotency key stores of a response."""

    changed: int


async def _revision(vault: VaultView) -> VaultRevision:
    seen = await vault.look()
    return NOTHING if seen.vault is None else seen.vault.version.revision


async def _changed_since(revision: VaultRevision, vault: LockedVault) -> Sequence[UUID]:
    """Raises ServiceUnavailable if so many have changed that the ideas have to be found again."""
    if vault.revision == revision:
        return ()
    rows = await run(vault.session, CHANGED_IDS, str(vault.id.tenant_id), vault.id.user_id, revision, MOST + 1)
    if len(rows) > MOST:
        raise ServiceUnavailable
    return [row[0] for row in rows]


def _queries(names: Sequence[str]) -> Iterator[str]:
    """Yields the names, joined by commas, in texts that are short enough for the filter of a list."""
    query = names[0]
    for name in names[1:]:
        if len(query) + 1 + len(name) > TAGS_LENGTH:
            yield query
            query = name
        else:
            query = f"{query},{name}"
    yield query
