"""SQL on operators, and the keys of those who may sign in."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_
from sqlmodel import col

from creatorvault.admin.models import HASHED, Operator, OperatorState
from creatorvault.admin.repositories import OfAllTenants
from creatorvault.admin.schemas_of_operators import OperatorQuery
from creatorvault.core.database.sessions import ReadSession, WriteSession

KEYS: Final = """
    SELECT id, key_id, key_hash, scopes, expires_at, revoked_at, appointed_by FROM operators
    WHERE key_hash LIKE 'sha256:%'
    ORDER BY revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()) DESC, created_at DESC LIMIT $1
"""
"""At most $1 keys of the current format, valid ones first, then newest first."""


class OperatorPlace(NamedTuple):
    """Where an operator stands in a list."""

    created_at: datetime
    id: UUID


class OperatorRepository[SessionT: ReadSession = ReadSession](OfAllTenants[Operator, SessionT]):
    model_type = Operator

    async def page(self, query: OperatorQuery, after: OperatorPlace | None) -> tuple[Sequence[Operator], int]:
        """Returns a page, the newest first, and the total number."""
        return await self.descending(
            OperatorPlace._fields,
            after,
            query.rows_wanted,
            query.offset,
            *(() if query.state is None else (_is_in(query.state),)),
            *(() if not query.q else (col(Operator.name).op("^@")(query.q),)),
        )

    async def locked(self: "OperatorRepository[WriteSession]", operator_id: UUID) -> Operator | None:
        """Locks the operator until the transaction ends."""
        return await self.get_one_or_none(id=operator_id, with_for_update=True)


def _is_in(state: OperatorState) -> ColumnElement[bool]:
    """As `Operator.state`."""
    is_revoked, is_current = col(Operator.revoked_at).is_not(None), col(Operator.key_hash).startswith(HASHED)
    is_in_time = or_(col(Operator.expires_at).is_(None), col(Operator.expires_at) > func.now())
    conditions: dict[OperatorState, ColumnElement[bool]] = {
        OperatorState.REVOKED: is_revoked,
        OperatorState.OUTDATED: and_(~is_revoked, ~is_current),
        OperatorState.EXPIRED: and_(~is_revoked, is_current, ~is_in_time),
        OperatorState.VALID: and_(~is_revoked, is_current, is_in_time),
    }
    return conditions[state]
