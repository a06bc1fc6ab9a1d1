"""No nonce is used twice with one key, which would break AES-GCM (NIST SP 800-38D, section 8)."""

from base64 import urlsafe_b64decode
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creatorvault.crypto.envelope import (
    CIPHERTEXT_AT,
    HEADER_BYTES,
    KEY_BYTES,
    NONCE_BYTES,
    EnvelopeKey,
    Malformed,
    key_version_of,
)
from creatorvault.crypto.providers.keyring import RootKeyring
from creatorvault.crypto.records import RecordCipher
from creatorvault.ideas import reader as vault_reader
from tests.application import House
from tests.crypto.samples import FIRST, cipher_with
from tests.factories import Creator
from tests.vault_rows import tables
from tests.ways import vault_of

MANY: Final = 2000
WRAP_HEADER_BYTES: Final = 2


def nonce_of(sealed: bytes) -> bytes:
    return sealed[HEADER_BYTES:CIPHERTEXT_AT]


def nonce_of_wrap(wrapped: bytes) -> bytes:
    return wrapped[WRAP_HEADER_BYTES : WRAP_HEADER_BYTES + NONCE_BYTES]


def nonce_of_cursor(cursor: str) -> bytes:
    return nonce_of(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))


def assert_all_different(nonces: Iterable[bytes]) -> None:
    nonces = list(nonces)
    assert {len(nonce) for nonce in nonces} == {NONCE_BYTES}
    assert len(set(nonces)) == len(nonces)


def test_the_same_text_is_sealed_under_another_nonce_each_time() -> None:
    """Also in two processes with the same key: nonces are not counters, which would collide."""
    here, there = (EnvelopeKey(bytes(KEY_BYTES), FIRST) for _ in range(2))

    assert_all_different(nonce_of(key.seal(b"text", b"context")) for _ in range(MANY) for key in (here, there))


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=8), st.binary(max_size=20))
@settings(max_examples=100)
def test_no_two_values_of_records_share_a_nonce(values: list[bytes], record: bytes) -> None:
    names = [str(position).encode() for position in range(len(values))]
    ciphers = [cipher_with({FIRST: bytes(KEY_BYTES)}) for _ in range(2)]
    records = [RecordCipher(cipher, b"shared", names) for cipher in ciphers]

    sealed = [value for _ in range(2) for cipher in records for value in cipher.seal(values, record)]
    sealed += [cipher.for_purpose(purpose).seal(b"1", record) for cipher in ciphers for purpose in ("one", "other")]

    assert_all_different(map(nonce_of, sealed))


async def test_the_same_key_is_wrapped_under_another_nonce_each_time() -> None:
    rings = [RootKeyring({"root": bytes(range(KEY_BYTES))}) for _ in range(2)]

    wraps = [await ring.wrap(bytes(KEY_BYTES), b"context") for _ in range(MANY // 10) for ring in rings]

    assert_all_different(nonce_of_wrap(wrapped) for _, wrapped in wraps)


class Seen:
    """Every sealed value that a vault has ever had, by column, and every issued cursor."""

    def __init__(self, sql: asyncpg.Connection, creator: Creator) -> None:
        self._sql = sql
        self._vault = vault_of(creator)
        self.stored: dict[str, set[bytes]] = {}
        self.cursors: list[str] = []

    async def look(self) -> None:
        """Reads all columns of all tables."""
        for table, columns in (await tables(self._sql)).items():
            if "user_id" not in columns or table.startswith("keys."):
                continue
            query = f"SELECT * FROM {table} WHERE tenant_id = $1 AND user_id = $2"
            for row in await self._sql.fetch(query, *self._vault):
                for name, value in row.items():
                    if isinstance(value, bytes) and is_sealed(value):
                        self.stored.setdefault(f"{table}.{name}", set()).add(value)

    async def wraps(self) -> list[bytes]:
        """Returns wrapped vault keys and audit log keys: a root key wraps both."""
        of_vault = "SELECT wrapped FROM keys.vault_keys WHERE tenant_id = $1 AND user_id = $2"
        query = f"{of_vault} UNION ALL SELECT wrapped FROM keys.audit_keys"
        return [row[0] for row in await self._sql.fetch(query, *self._vault)]

    @property
    def nonces(self) -> list[bytes]:
        # An earlier version or a deleted idea is the very row that was replaced or deleted.
        moved = set().union(*self.stored.values())
        stored = [nonce_of(value) for value in moved]
        return stored + [nonce_of_cursor(cursor) for cursor in self.cursors]


def is_sealed(value: bytes) -> bool:
    """Whether a value is an envelope with one of the first keys of a vault, and not a hash."""
    try:
        return key_version_of(value) < 100
    except Malformed:
        return False


@pytest.mark.parametrize("quickly", [True, False], ids=["by single statements", "in transactions"])
async def test_no_two_values_of_a_vault_ever_share_a_nonce(
    house_with: Callable[..., Awaitable[House]],
    database: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    quickly: bool,
) -> None:
    """Values of one row, of two rows, of a row before and after a change, of copies, stored results and cursors."""
    monkeypatch.setattr(vault_reader, "FEWEST", 2)
    monkeypatch.setattr(vault_reader, "MOST", 2)
    house = await house_with(CREATORVAULT_ENCRYPTION__ROTATE_AFTER_REVISIONS="5")
    ada = house.creator()
    seen = Seen(database, ada)
    body: dict[str, Any] = {"title": "Same", "notes": "Same", "tags": ["Same"]}

    async def write(method: str, url: str, **options: Any) -> None:
        if not quickly:
            house.parts.keyring.forget(vault_of(ada))
        assert (await ada.request(method, url, **options)).is_success
        await seen.look()

    for _ in range(6):
        await write("POST", ada.url, json=body)
    for number in range(3):
        await write("POST", ada.url, json=body, headers={"Idempotency-Key": f"key-{number}"})
    first, second, *_ = (await ada.list()).json()["items"]
    for stage in ("outline", "draft"):
        await write("PATCH", ada.url_of(first), json={"stage": stage})
        await write("PUT", ada.url_of(second), json={**body, "stage": stage})
    for _ in range(2):
        house.parts.search_cache.forget(vault_of(ada))
        await ada.titles({"search": "same"})
        await house.parts.segment_writer.finish()
        await seen.look()
        await database.execute("DELETE FROM idea_segments WHERE user_id = $1", ada.user_id)
        for sort in ("created_at", "title"):
            answer = await ada.list({"sort": sort, "cursor": "", "limit": 2})
            seen.cursors.append(answer.json()["next_cursor"])

    counts = {column: len(values) for column, values in seen.stored.items()}
    assert [counts[f"ideas.{name}"] for name in ("title", "notes", "tags")] == [13, 13, 13]
    assert counts["idempotency_answers.answer"] == 3
    assert counts["idea_segments.sealed"] >= 2 * 4
    assert len(seen.cursors) == 4
    assert_all_different(seen.nonces)
    wraps = await seen.wraps()
    assert len(wraps) >= 1 + 3, "three keys of the vault, and that of the audit log"
    assert_all_different(map(nonce_of_wrap, wraps))
