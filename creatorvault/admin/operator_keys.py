"""Operator keys, `cvop_<id>_<secret>`: looked up by their id, stored as a SHA-256.

The secret is 256 random bits, which cannot be guessed, so a slow hash would protect nothing. It would only let
unauthenticated clients use the service's processor time.
"""

import re
import secrets
from datetime import UTC, datetime
from hashlib import sha256
from hmac import compare_digest
from typing import Final, NamedTuple

from creatorvault.accounts.errors import TokenExpired, TokenRefused
from creatorvault.admin.errors import KeyRevoked
from creatorvault.admin.models import HASHED
from creatorvault.admin.operator_key_cache import OperatorKeyCache, StoredKey
from creatorvault.admin.repositories_of_operators import OperatorRepository
from creatorvault.admin.scopes import Caller, Scope
from creatorvault.core.database.operator_login import operators_statements
from creatorvault.core.database.sessions import Database
from creatorvault.settings.sections import DatabaseSettings

PREFIX: Final = "cvop_"
_FORM: Final = re.compile(rf"{PREFIX}([0-9a-f]{{12}})_[A-Za-z0-9_-]{{43}}")
_OLDER_FORM: Final = re.compile(rf"{PREFIX}[0-9a-f]{{10}}_[A-Za-z0-9_-]{{43}}")
_NO_HASH: Final = HASHED + "0" * 64

UNKNOWN: Final = "the operator key is not known"
# The message for every key of this form, whether it existed or not, so that it does not reveal which ids exist.
OLDER: Final = "the operator key is of an older form; create a new one: creatorvault operators create"


class NewKey(NamedTuple):
    """`text` is shown once and not stored."""

    key_id: str
    text: str
    hash: str


def new_key() -> NewKey:
    key_id = secrets.token_hex(6)
    text = f"{PREFIX}{key_id}_{secrets.token_urlsafe(32)}"
    return NewKey(key_id, text, hash_of(text))


def hash_of(text: str) -> str:
    return HASHED + sha256(text.encode()).hexdigest()


class OperatorKeys:
    """One per process. A key that does not match the cache is refused without a separate query. A key that matches is
    also looked up in the database, so that revoking it takes effect immediately.
    """

    def __init__(self, database: Database, table: OperatorKeyCache) -> None:
        """`database` is the operators' pool; `table` has a separate connection."""
        self._database = database
        self._table = table

    async def recognise(self, text: str) -> Caller | None:
        """Returns None for every text that is not a valid key in the cache.

        Raises TokenRefused for a cached key that has been revoked or has expired, and ServiceUnavailable.
        """
        form = _FORM.fullmatch(text)
        if form is None:
            return None
        try:
            key = _accepted(text, self._table.get(form[1]))
        except TokenRefused:
            return None
        return await self._confirmed(text, key)

    async def verify(self, text: str) -> Caller:
        """Raises TokenRefused, with one reason for an unknown key and for a wrong secret, and ServiceUnavailable."""
        if _OLDER_FORM.fullmatch(text):
            raise TokenRefused(OLDER)
        form = _FORM.fullmatch(text)
        if form is None:
            raise TokenRefused(UNKNOWN)
        try:
            key = _accepted(text, self._table.get(form[1]))
        except TokenRefused:
            await self._table.refresh()
            key = _accepted(text, self._table.get(form[1]))
        return await self._confirmed(text, key)

    def expect_new(self) -> None:
        """Has the next key that is not known looked up, even if others were less than a second ago."""
        self._table.expire()

    async def aclose(self) -> None:
        await self._table.aclose()

    async def _confirmed(self, text: str, key: StoredKey) -> Caller:
        """Returns the current state of the key in the database."""
        async with self._database.reading() as session:
            operator = await OperatorRepository(session).get_one_or_none(id=key.id)
        try:
            now = _accepted(text, None if operator is None else StoredKey.of(operator))
        except TokenRefused:
            self._table.forget(key.key_id)
            raise
        # A scope that only a later version knows is ignored.
        scopes = frozenset(scope for scope in Scope if scope in now.scopes)
        return Caller(f"operator:{now.id}", scopes, now.appointed_by)


def _accepted(text: str, key: StoredKey | None) -> StoredKey:
    """Raises TokenRefused unless `text` is this key and valid. Takes as long for an unknown key as for a wrong one."""
    fits = compare_digest(hash_of(text), _NO_HASH if key is None else key.key_hash)
    if key is None or not fits:
        raise TokenRefused(UNKNOWN)
    if key.revoked_at is not None:
        raise KeyRevoked
    # The driver returns PostgreSQL's infinity as the maximum datetime, without a time zone.
    if key.expires_at is not None and key.expires_at.replace(tzinfo=UTC) <= datetime.now(UTC):
        raise TokenExpired("operator key")
    return key


def operator_keys(settings: DatabaseSettings, operators: Database | None) -> OperatorKeys | None:
    """Returns None if there is no operators' login."""
    statements = operators_statements(settings)
    return None if operators is None or statements is None else OperatorKeys(operators, OperatorKeyCache(statements))
