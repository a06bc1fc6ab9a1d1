"""Signing in with an operator's key, or with the token of an administrator."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from litestar.types import HTTPScope

from creatorvault.accounts.errors import AdminRequired, TokenRefused
from creatorvault.accounts.parts import AccountsParts
from creatorvault.admin.operator_keys import PREFIX, OperatorKeys
from creatorvault.admin.scopes import Caller, Scope
from creatorvault.audit.chain import SERVICE
from creatorvault.audit.services import AuditLog
from creatorvault.console.refusals import Refusals
from creatorvault.console.sessions import Person, Sessions, SignedIn, is_fresh
from creatorvault.core.database.sessions import Database
from creatorvault.core.errors import ServiceUnavailable
from creatorvault.erasure.errors import TokenTooOld
from creatorvault.settings.operators import ConsoleSettings
from creatorvault.tenants.resolution import user_actor

OPERATOR: Final = "operator:"
"""The beginning of an operator's name in the audit log."""


ANOTHER_PERSON: Final = "another_person"


class SignInRefused(Exception):
    """`reason` is the code of the API's error, or ANOTHER_PERSON: somebody else has signed in in this browser."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SignIn:
    """One per process."""

    def __init__(
        self,
        keys: OperatorKeys,
        accounts: AccountsParts,
        refusals: Refusals,
        sessions: Sessions,
        database: Database,
        audit: AuditLog,
        settings: ConsoleSettings,
    ) -> None:
        self._keys = keys
        self._accounts = accounts
        self._refusals = refusals
        self._sessions = sessions
        self._database = database
        self._audit = audit
        self._settings = settings

    async def sign_in(self, credential: str, scope: HTTPScope, current: SignedIn | None) -> str:
        """Returns the value of the new session's cookie. The `current` session is replaced.

        Raises SignInRefused, TooManyRequests and ServiceUnavailable.
        """
        reservation = await self._accounts.limits.reserve(scope)
        attempt = await self._refusals.count(scope)
        try:
            person = await self._person(credential, current)
        except SignInRefused as refused:
            await self._refuse(refused, scope)
            raise
        except ServiceUnavailable:  # but not after a disconnection, which would be a way not to be counted
            await self._refusals.give_back(attempt)
            await self._accounts.limits.give_back(scope, reservation)
            raise
        await self._refusals.give_back(attempt)
        await self._accounts.limits.give_back(scope, reservation)
        return await self._sessions.open(person, scope, None if current is None else current.session)

    async def _person(self, credential: str, current: SignedIn | None) -> Person:
        try:
            person = await self._verified(credential)
        except (TokenRefused, AdminRequired) as error:
            raise SignInRefused(error.code) from None
        if current is not None and current.caller.actor != person.caller.actor:
            raise SignInRefused(ANOTHER_PERSON)
        if current is not None and not is_fresh(person.authenticated_at, self._settings.fresh_seconds):
            raise SignInRefused(TokenTooOld.code)  # else the browser would be sent here again and again
        return person

    async def _verified(self, credential: str) -> Person:
        if credential.startswith(PREFIX):
            caller = await self._keys.verify(credential)
            return Person(caller, UUID(caller.actor.removeprefix(OPERATOR)), datetime.now(UTC))
        identity = await self._accounts.verifier.verify(credential)
        if not identity.is_admin:
            raise AdminRequired
        caller = Caller(user_actor(identity), frozenset(Scope))
        return Person(caller, None, identity.issued_at, identity.expires_at, credential)

    async def _refuse(self, refused: SignInRefused, scope: HTTPScope) -> None:
        await self._refusals.keep()
        async with self._database.writing() as session:
            recorder = self._audit.recorder("service", scope)
            await recorder.record(session, SERVICE, "console.sign_in_refused", outcome="refused", reason=refused.reason)
