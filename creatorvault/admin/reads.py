"""Reads of operators, at the standby if it has replayed what the primary had committed when the request began."""

from collections.abc import Awaitable, Callable

from creatorvault.admin.services import Overview
from creatorvault.admin.statements.overview import PLANNING
from creatorvault.audit.audit_key import AuditKeys
from creatorvault.core.database.operator_login import OPERATOR_ROLE
from creatorvault.core.database.replica import Replica, ReplicaUnavailable, position_of
from creatorvault.core.database.sessions import Database, ReadSession, run

type Ask[T] = Callable[[Overview], Awaitable[T]]
type Read[T] = Callable[[ReadSession, AuditKeys], Awaitable[T]]


class OperatorReads:
    """Of one request."""

    def __init__(self, database: Database, replica: Replica | None, keys: AuditKeys) -> None:
        self._database = database
        self._keys = keys
        self._replica = replica

    async def answer[T](self, ask: Ask[T]) -> T:
        """Returns what `ask` returns for one snapshot. Raises as `read`."""
        return await self.read(lambda session, keys: ask(Overview(session, keys)))

    async def read[T](self, read: Read[T]) -> T:
        """Returns what `read` returns for one snapshot. It is called again at the primary if the standby fails.

        Raises as `read`, and ServiceUnavailable.
        """
        if self._replica is not None:
            try:
                return await self._at_replica(self._replica, read)
            except ReplicaUnavailable:
                pass
        async with self._database.reading() as session:
            return await self._planned(session, read)

    async def _at_replica[T](self, replica: Replica, read: Read[T]) -> T:
        async with self._database.reading() as session:
            position = await position_of(session)
        if position is None:
            raise ReplicaUnavailable
        async with replica.replayed(position, OPERATOR_ROLE) as session:
            return await self._planned(session, read)

    async def _planned[T](self, session: ReadSession, read: Read[T]) -> T:
        await run(session, PLANNING)
        return await read(session, self._keys)
