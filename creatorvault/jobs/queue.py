"""The queue for those who have work to be done later."""

from typing import Final

from creatorvault.core.background.declarations import Background, JobPlace
from creatorvault.core.database.sessions import WriteSession
from creatorvault.jobs.driver import SessionDriver
from creatorvault.jobs.tables import headers_of, queries

ENQUEUED: Final = ("ord", "id")
"""Columns of pgqueuer's statement."""


class JobQueue:
    """One per process."""

    def __init__(self, background: Background) -> None:
        self._kinds = background.kinds

    async def enqueue(self, session: WriteSession, kind: str, place: JobPlace) -> None:
        """Adds a job in the caller's transaction, whose context must be the tenant of the place.

        A worker sees it within `jobs.poll_seconds` after the commit. Raises KeyError for a kind that no app declares.
        """
        driver = SessionDriver(session, ENQUEUED)
        await queries(driver).enqueue(self._kinds[kind].name, None, headers=headers_of(place))
