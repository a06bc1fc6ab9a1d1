"""Sessions of the console: opened by a sign-in, looked up for each request, ended by a sign-out or by their time.

The cookie's value is 256 random bits. The database has only its SHA-256.
"""

import hmac
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from typing import Final, NamedTuple
from uuid import UUID

from litestar.types import HTTPScope

from creatorvault.accounts.errors import TokenRefused
from creatorvault.accounts.services import TokenVerifier
from creatorvault.admin.scopes import Caller, Scope
from creatorvault.audit.chain import SERVICE
from creatorvault.audit.services import AuditLog
from creatorvault.console import sealed_tokens
from creatorvault.console.statements.sessions import END, END_ALL, FIND, OPEN
from creatorvault.core.database.sessions import Database, run
from creatorvault.core.database.statements import Statements
from creatorvault.core.limits.client_addresses import ClientAddresses
from creatorvault.core.telemetry.asgi_headers import header
from creatorvault.crypto.envelope import NotAuthentic
from creatorvault.settings.operators import ConsoleSettings
from creatorvault.tenants.resolution import user_actor

FORM_PURPOSE: Final = b"creatorvault/console/form/v1"
CLIENT_PURPOSE: Final = b"creatorvault/console/client/v1"


class Session:
    """`secret` is the cookie's value. `name` is shown to the operator."""

    def __init__(self, secret: str, name: str, authenticated_at: datetime, expires_at: datetime) -> None:
        self.secret = secret
        self.name = name
        self.authenticated_at = authenticated_at
        self.expires_at = expires_at

    @property
    def id(self) -> bytes:
        return id_of(self.secret)

    @cached_property
    def form_token(self) -> str:
        """The token that forms of this session contain. It says nothing about the cookie."""
        return form_token_of(self.secret)

    def is_fresh(self, seconds: int) -> bool:
        """Whether the operator has signed in within the last `seconds`."""
        return is_fresh(self.authenticated_at, seconds)


class SignedIn(NamedTuple):
    """The user of a request to the console."""

    caller: Caller
    session: Session


class Person(NamedTuple):
    """Somebody whose credential was accepted, who was authenticated at that time. Their session ends at `until` at the
    latest, and when their `token`, if it was one, is not accepted any more.
    """

    caller: Caller
    operator_id: UUID | None
    authenticated_at: datetime
    until: datetime | None = None
    token: str | None = None


def is_fresh(authenticated_at: datetime, seconds: int) -> bool:
    return datetime.now(UTC) - authenticated_at < timedelta(seconds=seconds)


def id_of(secret: str) -> bytes:
    return sha256(secret.encode(errors="surrogateescape")).digest()


def form_token_of(secret: str) -> str:
    return hmac.digest(secret.encode(errors="surrogateescape"), FORM_PURPOSE, "sha256").hex()


class Sessions:
    """One per process. Looks sessions up by `statements`, so that strangers' cookies do not take operators' places."""

    def __init__(
        self,
        database: Database,
        statements: Statements,
        verifier: TokenVerifier,
        audit: AuditLog,
        addresses: ClientAddresses,
        settings: ConsoleSettings,
    ) -> None:
        self._database = database
        self._statements = statements
        self._verifier = verifier
        self._audit = audit
        self._addresses = addresses
        self._settings = settings

    async def find(self, secret: str, scope: HTTPScope) -> SignedIn | None:
        """Returns None unless this is a session of this browser and address that holds, and its key or token, too.

        A session that is used from elsewhere is ended: its cookie has been stolen. Raises ServiceUnavailable, also if
        the token cannot be verified now.
        """
        now = datetime.now(UTC)
        rows = await self._statements.rows(FIND, id_of(secret), now)
        if not rows:
            return None
        [(actor, operator_id, client, authenticated_at, expires_at, token, name, scopes, appointed_by, holds)] = rows
        if not hmac.compare_digest(client, self._client(secret, scope)):
            await self._end(secret, actor, scope, "console.session_refused", outcome="refused")
            return None
        if not holds or (operator_id is None and not await self._is_administrator(actor, secret, token)):
            await self._statements.changed(END, id_of(secret))
            return None
        # A scope that only a later version knows is ignored.
        held = frozenset(Scope) if operator_id is None else frozenset(each for each in Scope if each in scopes)
        shown = name or actor.partition("/")[2]
        return SignedIn(Caller(actor, held, appointed_by), Session(secret, shown, authenticated_at, expires_at))

    async def open(self, person: Person, scope: HTTPScope, replaced: Session | None) -> str:
        """Returns the value of the new cookie. Ends the session that it replaces. Raises ServiceUnavailable."""
        secret = secrets.token_urlsafe(32)
        now = datetime.now(UTC)
        until = now + timedelta(seconds=self._settings.session_seconds)
        if person.until is not None:
            until = min(until, person.until)
        async with self._database.writing() as session:
            if replaced is not None:
                await run(session, END, replaced.id)
            client = self._client(secret, scope)
            since = min(now, person.authenticated_at)
            token = None if person.token is None else sealed_tokens.seal(secret, id_of(secret), person.token)
            actor = person.caller.actor
            await run(session, OPEN, id_of(secret), actor, person.operator_id, client, since, until, token)
            recorder = self._audit.recorder(actor, scope)
            await recorder.record(session, SERVICE, "console.signed_in")
        return secret

    async def end(self, signed_in: SignedIn, scope: HTTPScope) -> None:
        """Raises ServiceUnavailable."""
        await self._end(signed_in.session.secret, signed_in.caller.actor, scope, "console.signed_out")

    async def end_all(self, signed_in: SignedIn, scope: HTTPScope) -> None:
        """Ends all sessions of this operator, in all browsers. Raises ServiceUnavailable."""
        actor = signed_in.caller.actor
        async with self._database.writing() as session:
            ended: Sequence[object] = await run(session, END_ALL, actor)
            recorder = self._audit.recorder(actor, scope)
            await recorder.record(session, SERVICE, "console.signed_out_everywhere", sessions=str(len(ended)))

    async def _is_administrator(self, actor: str, secret: str, sealed: bytes | None) -> bool:
        """Whether the API would accept the session's token now. An earlier version has stored none."""
        try:
            identity = await self._verifier.verify(sealed_tokens.unsealed(secret, id_of(secret), sealed or b""))
        except (NotAuthentic, TokenRefused):
            return False
        return identity.is_admin and user_actor(identity) == actor

    async def _end(self, secret: str, actor: str, scope: HTTPScope, verb: str, outcome: str = "done") -> None:
        """Records nothing if another request has ended the session already."""
        async with self._database.writing() as session:
            if await run(session, END, id_of(secret)):
                await self._audit.recorder(actor, scope).record(session, SERVICE, verb, outcome=outcome)

    def _client(self, secret: str, scope: HTTPScope) -> bytes:
        """A hash of the client's address and browser, which says nothing without the cookie's value."""
        browser = header(scope, b"user-agent") or ""
        parts = b"\0".join([CLIENT_PURPOSE, self._addresses.bucket(scope).encode(), browser.encode()])
        return hmac.digest(secret.encode(errors="surrogateescape"), parts, "sha256")
