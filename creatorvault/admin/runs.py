"""What operators ask for and a job does: the lists, and the rule that one of a kind is under way at a time."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec

from creatorvault.admin.statements.runs import FORGET_FAILED, LOCK, one, page, under_way
from creatorvault.audit.audit_key import AuditKeys
from creatorvault.audit.chain import SERVICE
from creatorvault.core.background.declarations import JobPlace
from creatorvault.core.database.sessions import ReadSession, WriteSession, run
from creatorvault.core.errors import CreatorVaultError
from creatorvault.core.http.paging import ListQuery, Page
from creatorvault.jobs.queue import JobQueue

_places: Final = msgspec.json.Decoder(tuple[int])


class Runs(NamedTuple):
    """A kind of runs. `name` is the permanent name of their list, `number` the column of their numbers, which comes
    first in what `selected` selects. `counted` counts all of them.
    """

    name: str
    kind: str
    number: str
    selected: str
    counted: str


async def run_page(session: ReadSession, keys: AuditKeys, runs: Runs, query: ListQuery) -> Page[Sequence[Any]]:
    """Returns rows. Raises CursorInvalid and, if the query has a cursor, as `AuditKeys.chain`."""
    cursors = await keys.cursors(session, query, _places, runs.name)
    [before] = cursors.place() or (None,)
    [(total,)] = await run(session, runs.counted)
    statement = page(runs.selected, runs.number)
    rows = await run(session, statement, SERVICE, runs.kind, query.rows_wanted, query.offset, before)
    return cursors.page(rows, total, lambda row: (row[0],))


async def one_run(session: ReadSession, runs: Runs, number: int) -> Sequence[Any] | None:
    """Returns a row, or None if there is no such run."""
    rows = await run(session, one(runs.selected, runs.number), SERVICE, runs.kind, number)
    return rows[0] if rows else None


async def refuse_second(session: WriteSession, runs: Runs, error: type[CreatorVaultError]) -> None:
    """Raises `error` if one waits or runs. Others who ask wait for this transaction."""
    await run(session, LOCK)
    [(is_under_way,)] = await run(session, under_way(runs.selected), SERVICE, runs.kind)
    if is_under_way:
        raise error


async def enqueue(session: WriteSession, queue: JobQueue, runs: Runs, number: int) -> None:
    """Takes the place of a job that has failed."""
    subject = UUID(int=number)
    await run(session, FORGET_FAILED, SERVICE, runs.kind, subject)
    await queue.enqueue(session, runs.kind, JobPlace(SERVICE, None, subject))
