"""Bulk operations of one vault, for one request."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import NamedTuple
from uuid import UUID, uuid4

from creatorvault.core.database.sessions import computing
from creatorvault.core.errors import PreconditionFailed, RequestInvalid
from creatorvault.core.http.conditional import Precondition
from creatorvault.core.waiting.event_loop_budget import TimeSlice
from creatorvault.ideas.drafting import changed, created, replaced
from creatorvault.ideas.errors import IdeaNotFound
from creatorvault.ideas.many.batch import Batch
from creatorvault.ideas.many.errors import BulkRefused, IdTaken
from creatorvault.ideas.many.outcomes import (
    Outcome,
    StoredAnswer,
    StoredOutcome,
    not_applied,
    not_in_request,
    refused,
    replayed,
    succeeded,
)
from creatorvault.ideas.many.reading import Given, Invalid
from creatorvault.ideas.many.schemas import (
    BulkResponse,
    BulkResult,
    ChangeOperation,
    CreateOperation,
    DeleteOperation,
    Operation,
)
from creatorvault.ideas.many.storing import BatchStore, ideas_of_versions
from creatorvault.idempotency.services import IdempotencyKey
from creatorvault.tenants.errors import QuotaExceeded
from creatorvault.tenants.opening import LockedVault
from creatorvault.tenants.services import VaultService


class BulkAnswer(NamedTuple):
    """`undo` is the token that undoes all deletions; None if nothing was moved to the trash."""

    response: BulkResponse
    undo: str | None


class BulkService:
    """Raises ServiceUnavailable and the errors of opening the vault, as `IdeaService` does."""

    def __init__(
        self, vault: VaultService, store: BatchStore, slices: TimeSlice, idempotency_key: IdempotencyKey | None
    ) -> None:
        self._vault = vault
        self._store = store
        self._slices = slices
        self._key = idempotency_key

    async def execute(self, given: Given) -> BulkAnswer:
        """Executes the operations in one transaction.

        A repeated request with the same idempotency key gets the same response and changes nothing. Raises BulkRefused
        if one operation of an atomic request cannot be executed, and the alerts of `OpenedIdeas`.
        """
        key, operations = self._key, given.operations
        async with self._vault.transaction(None if key is None else key.claim, len(operations)) as vault:
            if key is not None:
                earlier = await key.replay(vault.session, vault.cipher, given.digest, StoredAnswer)
                if earlier is not None:
                    return await self._replayed(earlier, operations, vault)
            batch = await self._begun(vault, operations)
            with computing(vault.session):
                outcomes = await self._outcomes(batch, operations)
                if given.atomic and not all(outcome.is_successful for outcome in outcomes):
                    refusals = map(not_applied, outcomes, operations)
                    raise BulkRefused(await self._results(refusals, operations))
                results = await self._results(outcomes, operations)
            undo = await self._store.write(batch, vault, self._slices)
            if key is not None:
                answer = StoredAnswer(list(map(StoredOutcome.of, outcomes, operations)), undo)
                await key.store(vault.session, vault.cipher, given.digest, answer)
        await self._store.report(batch, self._slices)
        return _answer(outcomes, results, undo)

    async def _begun(self, vault: LockedVault, operations: Iterable[Operation | Invalid]) -> Batch:
        valid = [operation for operation in operations if not isinstance(operation, Invalid)]
        ids = [operation.id for operation in valid if operation.id is not None]
        grows = not all(isinstance(operation, DeleteOperation) for operation in valid)
        return await self._store.read(vault, ids, grows=grows)

    async def _outcomes(self, batch: Batch, operations: Iterable[Operation | Invalid]) -> list[Outcome]:
        outcomes = []
        self._slices.restart()
        for operation in operations:
            outcomes.append(_outcome(batch, operation, self._vault.id.user_id))
            await self._slices.rest_if_over()
        return outcomes

    async def _results(
        self, outcomes: Iterable[Outcome], operations: Iterable[Operation | Invalid]
    ) -> list[BulkResult]:
        results = []
        for outcome, operation in zip(outcomes, operations, strict=True):
            results.append(outcome.result(operation))
            await self._slices.rest_if_over()
        return results

    async def _replayed(
        self, earlier: StoredAnswer, operations: Sequence[Operation | Invalid], vault: LockedVault
    ) -> BulkAnswer:
        user_id = self._vault.id.user_id
        kept = await ideas_of_versions(vault, not_in_request(earlier.outcomes), self._slices)
        with computing(vault.session):
            outcomes = [
                replayed(stored, operation, user_id, kept)
                for stored, operation in zip(earlier.outcomes, operations, strict=True)
            ]
            results = await self._results(outcomes, operations)
        return _answer(outcomes, results, earlier.undo)


def _answer(outcomes: Sequence[Outcome], results: list[BulkResult], undo: str | None) -> BulkAnswer:
    return BulkAnswer(BulkResponse(sum(outcome.is_successful for outcome in outcomes), results), undo)


def _outcome(batch: Batch, operation: Operation | Invalid, user_id: str) -> Outcome:
    """Raises as `OpenedIdeas.idea`."""
    if isinstance(operation, Invalid):
        return refused(operation.id, RequestInvalid(operation.errors))
    idea_id = uuid4() if operation.id is None else operation.id
    try:
        return _executed(batch, operation, idea_id, user_id)
    except (IdTaken, PreconditionFailed) as error:
        return refused(idea_id, error, batch.current(idea_id))
    except (IdeaNotFound, QuotaExceeded) as error:
        return refused(operation.id, error)


def _executed(batch: Batch, operation: Operation, idea_id: UUID, user_id: str) -> Outcome:
    """Raises IdTaken, PreconditionFailed, IdeaNotFound, QuotaExceeded, and as `OpenedIdeas.idea`."""
    if isinstance(operation, CreateOperation):
        idea = created(operation.idea, user_id, idea_id, datetime.now(UTC))
        return succeeded(HTTPStatus.CREATED, batch.create(idea))
    precondition = Precondition(operation.if_match)
    if isinstance(operation, DeleteOperation):
        batch.delete(idea_id, precondition)
        return Outcome(idea_id, int(HTTPStatus.NO_CONTENT))
    change = (
        partial(changed, given=operation.changes)
        if isinstance(operation, ChangeOperation)
        else partial(replaced, given=operation.idea)
    )
    return succeeded(HTTPStatus.OK, batch.change(idea_id, precondition, change))
