"""Operators: a list, and appointing and revoking them. Each change is recorded in the same transaction."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from creatorvault.admin.errors import OperatorNotFound, ScopeMissing
from creatorvault.admin.models import Operator
from creatorvault.admin.operator_keys import new_key
from creatorvault.admin.repositories_of_operators import OperatorPlace, OperatorRepository
from creatorvault.admin.schemas_of_operators import (
    OperatorCreate,
    OperatorCreated,
    OperatorList,
    OperatorQuery,
    OperatorResponse,
)
from creatorvault.admin.scopes import Caller, Scope
from creatorvault.audit.audit_key import AuditKeys
from creatorvault.audit.chain import SERVICE
from creatorvault.audit.services import AuditRecorder
from creatorvault.core.database.sessions import ReadSession, WriteSession

_places: Final = msgspec.json.Decoder(OperatorPlace)


async def operator_page(session: ReadSession, keys: AuditKeys, query: OperatorQuery) -> OperatorList:
    """Raises CursorInvalid and, if the query has a cursor, as `AuditKeys.chain`."""
    cursors = await keys.cursors(session, query, _places, "operators")
    found = await OperatorRepository(session).page(query, cursors.place())
    page = cursors.page(*found, lambda operator: OperatorPlace(operator.created_at, operator.id))
    return OperatorList(
        items=[OperatorResponse.of(operator) for operator in page.rows],
        **page.fields(query),
    )


class OperatorAdministration:
    """Appoints and revokes operators: by an operator, or by the owner of the database on the command line."""

    def __init__(self, session: WriteSession, recorder: AuditRecorder) -> None:
        self._session = session
        self._recorder = recorder
        self._repository = OperatorRepository(session)

    async def appoint(self, given: OperatorCreate, caller: Caller) -> OperatorCreated:
        """Raises ScopeMissing for a scope that the caller does not have."""
        for scope in given.scopes:
            if scope not in caller.scopes:
                raise ScopeMissing(scope)
        operator, key = await self.create(given.name, given.scopes, given.expires_in_days, caller.person)
        return OperatorCreated.of(operator, key=key)

    async def create(
        self, name: str, scopes: Collection[Scope], days: int | None, appointed_by: str | None = None
    ) -> tuple[Operator, str]:
        """Returns the operator and the text of its key, which is not stored."""
        key, now = new_key(), datetime.now(UTC)
        operator = Operator(
            name=name,
            key_id=key.key_id,
            key_hash=key.hash,
            scopes=sorted(set(scopes)),
            expires_at=None if days is None else now + timedelta(days=days),
            created_at=now,
            appointed_by=appointed_by,
        )
        self._session.add(operator)
        await self._record("operator.created", operator, scopes=",".join(operator.scopes))
        return operator, key.text

    async def revoke(self, operator_id: UUID) -> OperatorResponse:
        """Revokes the operator's key immediately and permanently; does nothing if it is revoked already.

        Raises OperatorNotFound.
        """
        operator = await self._repository.locked(operator_id)
        if operator is None:
            raise OperatorNotFound(operator_id)
        if operator.revoked_at is None:
            await self._repository.change(operator, revoked_at=datetime.now(UTC))
            await self._record("operator.revoked", operator)
        return OperatorResponse.of(operator)

    async def _record(self, verb: str, operator: Operator, **targets: str) -> None:
        await self._recorder.record(self._session, SERVICE, verb, operator=str(operator.id), **targets)
