"""A pass over the source: reads rows, makes ideas of them, and stores them in batches of one creator each."""

from collections.abc import AsyncIterable, Callable, Sequence
from contextlib import aclosing, closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from creatorvault.core.database.statements import Row
from creatorvault.ideas.bulk import AT_ONCE
from creatorvault.ideas.schemas import IdeaResponse
from creatorvault.transfer.fastapi.missing import MissingIdeas
from creatorvault.transfer.fastapi.report import Report, Say, Tally
from creatorvault.transfer.fastapi.rows import BrokenRow, RowReader
from creatorvault.transfer.fastapi.source import Source
from creatorvault.transfer.fastapi.storing import Storing
from creatorvault.transfer.fastapi.target import Target
from creatorvault.transfer.fastapi.workers import Workers

BATCHES_AT_ONCE: Final = 8
"""While the database stores one batch, others are sealed, read back and compared."""

OVERLAP: Final = timedelta(minutes=5)
"""How long a transaction of the source may take between the time it gives a row and its commit. A pass over changes
that misses one is followed by a pass over everything.
"""

type Done = Callable[[int], None]


class Passes:
    """`target` is None if nothing is stored. `done` receives the number of rows of each batch."""

    def __init__(self, source: Source, target: Target | None, say: Say, file: Path | None) -> None:
        self._source = source
        self._target = target
        self._say = say
        self._file = file
        self._reader = RowReader(source.table)
        self.changed_until: datetime | None = None

    async def everything(self, begins: Callable[[int], None], done: Done, *, delete_missing: bool = False) -> Tally:
        """Of one snapshot. `begins` receives the number of rows. Raises SourceRefused and ServiceUnavailable."""
        with closing(Report(self._say, self._file)) as report:
            async with self._source.snapshot() as snapshot:
                begins(await snapshot.count())
                self.changed_until = await snapshot.newest(OVERLAP)
                async with aclosing(snapshot.rows()) as rows:
                    await self._take(rows, report, done)
                if self._target is not None:
                    missing = MissingIdeas(self._target, snapshot, report, delete=delete_missing)
                    await missing.find(self._source.table)
            report.finish()
            return report.tally

    async def changes(self) -> Tally:
        """Of the rows that were changed since the last pass began, as far as their times say so."""
        report = Report(lambda _: None, None)
        async with self._source.snapshot() as snapshot:
            since, self.changed_until = self.changed_until, await snapshot.newest(OVERLAP)
            if self.changed_until is not None:
                async with aclosing(snapshot.rows(since or self.changed_until)) as rows:
                    await self._take(rows, report, lambda _: None)
        return report.tally

    async def _take(self, batches: AsyncIterable[Sequence[Row]], report: Report, done: Done) -> None:
        storing = None if self._target is None else Storing(self._target, report)
        tally, owner, ideas = report.tally, "", list[IdeaResponse]()
        async with Workers(BATCHES_AT_ONCE) as workers:

            async def flush() -> None:
                if storing is None:
                    tally.accepted += len(ideas)
                    done(len(ideas))
                elif ideas:
                    await workers.start(_stored, storing, owner, ideas, done)

            async for rows in batches:
                tally.rows += len(rows)
                for row in rows:
                    idea = self._reader.read(row)
                    if isinstance(idea, BrokenRow):
                        report.broken(idea)
                        done(1)
                        continue
                    if idea.user_id != owner or len(ideas) == AT_ONCE:
                        await flush()
                        owner, ideas = idea.user_id, []
                    ideas.append(idea)
            await flush()


async def _stored(storing: Storing, owner: str, ideas: Sequence[IdeaResponse], done: Done) -> None:
    await storing.take(owner, ideas)
    done(len(ideas))
