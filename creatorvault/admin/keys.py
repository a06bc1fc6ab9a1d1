"""Operator keys, `cvop_<id>_<random>`: stored as argon2id (RFC 9106), found by their id."""

import asyncio
import secrets
import time
from collections import OrderedDict
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final, NamedTuple

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from creatorvault.accounts.errors import TokenRefused
from creatorvault.admin.models import Operator
from creatorvault.admin.operators import Caller, Scope
from creatorvault.admin.repositories import operator_with_key
from creatorvault.core.database import Database

PREFIX: Final = "cvop_"
LONGEST: Final = 100
AT_ONCE: Final = 2
"""Each check of a hash takes 64 MiB for a moment, so that a storm of wrong keys must not be checked all at once."""

REMEMBERED: Final = 100
REMEMBERED_SECONDS: Final = 60.0

_hasher: Final = PasswordHasher()


class NewKey(NamedTuple):
    """`text` is shown once and stored nowhere."""

    key_id: str
    text: str
    hash: str


def new_key() -> NewKey:
    key_id = secrets.token_hex(5)
    text = f"{PREFIX}{key_id}_{secrets.token_urlsafe(32)}"
    return NewKey(key_id, text, _hasher.hash(text))


class OperatorKeys:
    """One per process. That a key fits its hash is remembered for a minute; revocation and expiry hold at once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._fitting: OrderedDict[tuple[bytes, str], float] = OrderedDict()

    async def authenticate(self, text: str) -> Caller:
        """Raises TokenRefused, with one reason for an unknown key and for a wrong one."""
        operator = await self._operator(text)
        if operator is None or not await self._fits(text, operator.key_hash):
            raise TokenRefused("the operator key is not known")
        if operator.revoked_at is not None:
            raise TokenRefused("the operator key has been revoked")
        if operator.expires_at is not None and operator.expires_at <= datetime.now(UTC):
            raise TokenRefused("the operator key has expired")
        return Caller(f"operator:{operator.key_id}", frozenset(map(Scope, operator.scopes)))

    async def _operator(self, text: str) -> Operator | None:
        _, _, rest = text.partition("_")
        key_id, _, _ = rest.partition("_")
        if len(text) > LONGEST or not text.isascii() or "\0" in text:
            return None
        async with self._database.reading() as session:
            return await operator_with_key(session, key_id)

    async def _fits(self, text: str, key_hash: str) -> bool:
        name = sha256(text.encode()).digest(), key_hash
        if self._fitting.get(name, 0.0) > time.monotonic():
            return True
        async with self._turns:
            fits = await asyncio.to_thread(_verify, key_hash, text)
        if fits:
            self._fitting[name] = time.monotonic() + REMEMBERED_SECONDS
            self._fitting.move_to_end(name)
            if len(self._fitting) > REMEMBERED:
                self._fitting.popitem(last=False)
        return fits


def _verify(key_hash: str, text: str) -> bool:
    try:
        return _hasher.verify(key_hash, text)
    except VerifyMismatchError:
        return False
