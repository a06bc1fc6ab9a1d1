"""Vault keys in the database, and the ciphers that a process caches."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from creatorvault.core.database.sessions import WriteSession
from creatorvault.core.identifiers import KeyVersion, UserId, VaultId, VaultRevision
from creatorvault.crypto.cipher import VaultCipher
from creatorvault.crypto.errors import LostKey, Reason, RootKeyUnavailable, Tampered, WrongKey
from creatorvault.crypto.keyring import Keyring, wrap_context
from creatorvault.crypto.providers.keyring import RootKeyring
from creatorvault.settings.database_url import asyncpg_url
from tests.crypto.providers.clocks import Clock
from tests.crypto.samples import FIRST, SECOND, new_vault
from tests.postgres import Database

ROOT_KEYS = RootKeyring.parse(RootKeyring.generate_entry("tests"))
AT_ONE = VaultRevision(1)


def flipped(bit: str) -> str:
    """Returns SQL that flips the last bit of one byte of a wrapped key, or nothing if `bit` is 0."""
    return f"wrapped = set_byte(wrapped, 20, get_byte(wrapped, 20) # ({bit}))"


type Sessions = Callable[[VaultId], AbstractAsyncContextManager[WriteSession]]


@pytest.fixture(scope="module")
async def engine(worker_database: Database) -> AsyncGenerator[AsyncEngine]:
    engine = create_async_engine(asyncpg_url(worker_database.runtime_url))
    yield engine
    await engine.dispose()


@pytest.fixture(scope="module")
def session_of(engine: AsyncEngine) -> Sessions:
    """Opens a session with the context of the vault's tenant, which is rolled back unless it is committed."""

    @asynccontextmanager
    async def session_of(vault: VaultId) -> AsyncGenerator[WriteSession]:
        async with WriteSession(engine, expire_on_commit=False) as session:
            await session.execute(text("SELECT set_config('app.tenant_id', :id, true)"), {"id": str(vault.tenant_id)})
            yield session

    return session_of


@pytest.fixture
def queries(engine: AsyncEngine) -> Any:
    """Returns the statements on the table of keys."""
    statements: list[str] = []

    def record(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "vault_keys" in statement:
            statements.append(statement)

    event.listen(engine.sync_engine, "before_cursor_execute", record)
    yield statements
    event.remove(engine.sync_engine, "before_cursor_execute", record)


@pytest.fixture
def edit(worker_database: Database) -> Callable[..., Awaitable[None]]:
    """Runs SQL with write access to the database."""

    async def edit(sql: str, vault: VaultId) -> None:
        engine = create_async_engine(asyncpg_url(worker_database.superuser_url))
        async with engine.begin() as connection:
            await connection.execute(text(sql + " WHERE tenant_id = :tenant_id"), {"tenant_id": vault.tenant_id})
        await engine.dispose()

    return edit


def keyring(provider: RootKeyring = ROOT_KEYS, rotate_after: int = 2**24, max_vaults: int = 10_000) -> Keyring:
    return Keyring(provider, rotate_after, max_vaults)


async def stored(
    session_of: Sessions, *versions: KeyVersion, vault: VaultId | None = None
) -> tuple[VaultId, VaultCipher]:
    """Stores a vault with keys of these versions, as another process."""
    vault = vault or new_vault()
    async with session_of(vault) as session:
        for version in versions or (FIRST,):
            await keyring().create(session, vault, version, VaultRevision(version * 10))
        await session.commit()
    async with session_of(vault) as session:
        return vault, await keyring().cipher(session, vault, version)


async def test_another_process_opens_a_sealed_value(session_of: Sessions) -> None:
    vault, cipher = await stored(session_of)
    sealed = cipher.seal(b'"an idea"', b"here")
    async with session_of(vault) as session:
        other = await keyring().cipher(session, vault, FIRST)
    assert other.open(sealed, b"here") == b'"an idea"'
    assert (other.vault, other.version, other.first_revision) == (vault, FIRST, VaultRevision(10))


async def test_every_vault_has_its_own_key(session_of: Sessions) -> None:
    _, one = await stored(session_of)
    _, other = await stored(session_of)
    with pytest.raises(Tampered):
        other.open(one.seal(b'"an idea"', b"here"), b"here")


async def test_a_cached_cipher_needs_no_query(session_of: Sessions, queries: list[str]) -> None:
    vault, _ = await stored(session_of)
    ring = keyring()
    queries.clear()
    async with session_of(vault) as session:
        first = await ring.cipher(session, vault, FIRST)
        assert await ring.cipher(session, vault, FIRST) is first
    assert len(queries) == 1


async def test_all_versions_are_read_in_one_query(session_of: Sessions, queries: list[str]) -> None:
    vault, _ = await stored(session_of, FIRST, SECOND)
    queries.clear()
    async with session_of(vault) as session:
        cipher = await keyring().cipher(session, vault, SECOND)
    assert len(queries) == 1
    assert cipher.has(FIRST)
    assert cipher.version == SECOND


async def test_concurrent_requests_share_one_query(session_of: Sessions, queries: list[str]) -> None:
    vault, _ = await stored(session_of)
    ring = keyring()
    queries.clear()
    async with AsyncExitStack() as stack:
        sessions = [await stack.enter_async_context(session_of(vault)) for _ in range(5)]
        ciphers = await asyncio.gather(*(ring.cipher(session, vault, FIRST) for session in sessions))
    assert len({id(cipher) for cipher in ciphers}) == 1
    assert len(queries) == 1


async def test_waiters_of_a_cancelled_request_read_for_themselves(session_of: Sessions) -> None:
    vault, _ = await stored(session_of)
    ring = keyring()
    async with session_of(vault) as one, session_of(vault) as other:
        cancelled = asyncio.create_task(ring.cipher(one, vault, FIRST))
        waiting = asyncio.create_task(ring.cipher(other, vault, FIRST))
        await asyncio.sleep(0)
        cancelled.cancel()
        assert (await waiting).vault == vault
        with pytest.raises(asyncio.CancelledError):
            await cancelled


async def test_a_key_made_by_another_process_is_found(session_of: Sessions) -> None:
    vault, _ = await stored(session_of)
    ring = keyring()
    async with session_of(vault) as session:
        old = await ring.cipher(session, vault, FIRST)
    _, rotated = await stored(session_of, SECOND, vault=vault)
    async with session_of(vault) as session:
        found = await ring.cipher(session, vault, SECOND)
    assert found.open(rotated.seal(b"1", b""), b"") == b"1"
    assert found.open(old.seal(b"2", b""), b"") == b"2"


async def test_a_created_key_is_gone_when_its_transaction_rolls_back(session_of: Sessions) -> None:
    # Given a key that was never committed
    vault, ring = new_vault(), keyring()
    async with session_of(vault) as session:
        await ring.create(session, vault, FIRST, AT_ONE)
        await session.rollback()
    assert ring.newest(vault) is None
    # When another process gives the version to another key
    _, kept = await stored(session_of, vault=vault)
    # Then this process uses that key
    async with session_of(vault) as session:
        assert (await ring.cipher(session, vault, FIRST)).open(kept.seal(b"2", b""), b"") == b"2"


async def test_a_key_whose_wrap_does_not_open_is_not_stored(
    session_of: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def another_key(*_: object) -> bytes:
        return bytes(32)

    vault = new_vault()
    monkeypatch.setattr(RootKeyring, "unwrap", another_key)
    async with session_of(vault) as session:
        with pytest.raises(WrongKey) as alert:
            await keyring().create(session, vault, FIRST, AT_ONE)
        assert alert.value.ids["key_version"] == "1"
    monkeypatch.undo()
    async with session_of(vault) as session:
        with pytest.raises(LostKey):
            await keyring().cipher(session, vault, FIRST)


async def test_a_version_is_given_once(session_of: Sessions) -> None:
    vault, _ = await stored(session_of)
    async with session_of(vault) as session:
        with pytest.raises(IntegrityError):
            await keyring().create(session, vault, FIRST, AT_ONE)


async def test_an_evicted_vault_is_read_again(session_of: Sessions, queries: list[str]) -> None:
    vault, _ = await stored(session_of)
    ring = keyring()
    async with session_of(vault) as session:
        await ring.cipher(session, vault, FIRST)
        ring.forget(vault)
        queries.clear()
        await ring.cipher(session, vault, FIRST)
    assert len(queries) == 1


async def test_a_vault_evicted_while_it_is_read_is_not_cached(session_of: Sessions, queries: list[str]) -> None:
    class ForgetsMeanwhile(RootKeyring):
        async def unwrap(self, root_key_id: str, wrapped: bytes, additional: bytes) -> bytes:
            ring.forget(vault)
            return await ROOT_KEYS.unwrap(root_key_id, wrapped, additional)

    vault, _ = await stored(session_of)
    ring = keyring(ForgetsMeanwhile.parse(RootKeyring.generate_entry()))
    queries.clear()
    async with session_of(vault) as session:
        await ring.cipher(session, vault, FIRST)
        await ring.cipher(session, vault, FIRST)
    assert len(queries) == 2


async def test_the_least_recently_used_vault_is_evicted_first(session_of: Sessions, queries: list[str]) -> None:
    ring = keyring(max_vaults=2)
    one, two, three = [(await stored(session_of))[0] for _ in range(3)]

    async def use(vault: VaultId) -> int:
        queries.clear()
        async with session_of(vault) as session:
            await ring.cipher(session, vault, FIRST)
        return len(queries)

    assert [await use(vault) for vault in (one, two, one, three, one, three, two)] == [1, 1, 0, 1, 0, 0, 1]


async def test_a_missing_key_row_is_a_lost_key(session_of: Sessions) -> None:
    vault = new_vault()
    async with session_of(vault) as session:
        with pytest.raises(LostKey) as caught:
            await keyring().cipher(session, vault, FIRST)
    assert caught.value.ids == {"tenant_id": str(vault.tenant_id), "user_id": "ada", "key_version": "1"}


async def test_a_missing_version_is_a_lost_key(session_of: Sessions) -> None:
    vault, _ = await stored(session_of, SECOND)
    async with session_of(vault) as session:
        for version in (FIRST, KeyVersion(3)):
            with pytest.raises(LostKey):
                await keyring().cipher(session, vault, version)


async def test_a_missing_root_key_is_a_lost_key(session_of: Sessions) -> None:
    vault, _ = await stored(session_of)
    async with session_of(vault) as session:
        with pytest.raises(LostKey) as caught:
            await keyring(RootKeyring.parse(RootKeyring.generate_entry("another"))).cipher(session, vault, FIRST)
    assert caught.value.ids == {
        "tenant_id": str(vault.tenant_id),
        "user_id": "ada",
        "key_version": "1",
        "root_key_id": "tests",
    }


async def test_another_root_key_under_the_same_id_is_a_wrong_key(session_of: Sessions) -> None:
    vault, _ = await stored(session_of)
    async with session_of(vault) as session:
        with pytest.raises(WrongKey) as caught:
            await keyring(RootKeyring.parse(RootKeyring.generate_entry("tests"))).cipher(session, vault, FIRST)
    assert caught.value.ids["user_id"] == "ada"


@pytest.mark.parametrize(
    ("edited", "alert"),
    [
        (flipped("1"), WrongKey),
        ("wrapped = set_byte(wrapped, 0, 2)", Tampered),
        ("wrapped = ''", Tampered),
        ("first_revision = first_revision + 1", WrongKey),
        ("first_revision = -1", WrongKey),
        ("version = version + 1", WrongKey),
        ("user_id = 'grace'", WrongKey),
        ("root_key_id = 'another'", LostKey),
    ],
)
async def test_an_edited_key_row_cannot_be_unwrapped(
    session_of: Sessions, edit: Callable[..., Awaitable[None]], edited: str, alert: type[Exception]
) -> None:
    vault, _ = await stored(session_of)
    await edit(f"UPDATE keys.vault_keys SET {edited}", vault)
    if "user_id" in edited:
        vault = vault._replace(user_id=UserId("grace"))
    async with session_of(vault) as session:
        with pytest.raises(alert):
            await keyring().cipher(session, vault, SECOND if edited.startswith("version") else FIRST)


def test_the_numbers_of_a_key_row_are_bound_whatever_their_sign() -> None:
    """Also numbers that the table's CHECK constraints would refuse."""
    vault = new_vault()
    versions, revisions = (-(2**31), -1, 0, 1, 2**31 - 1), (-(2**63), -1, 0, 1, 2**63 - 1)
    bound = {
        wrap_context(vault, KeyVersion(version), VaultRevision(revision))
        for version in versions
        for revision in revisions
    }

    assert len(bound) == len(versions) * len(revisions)


async def test_a_key_row_cannot_be_moved_to_another_vault(
    session_of: Sessions, edit: Callable[..., Awaitable[None]]
) -> None:
    vault, other = (await stored(session_of))[0], new_vault()
    await edit(f"UPDATE keys.vault_keys SET tenant_id = '{other.tenant_id}'", vault)
    async with session_of(other) as session:
        with pytest.raises(WrongKey):
            await keyring().cipher(session, other, FIRST)


async def test_a_damaged_old_key_affects_only_values_sealed_with_it(
    session_of: Sessions, edit: Callable[..., Awaitable[None]], queries: list[str]
) -> None:
    # Given a vault with two keys, the older of which can no longer be unwrapped
    vault, first = await stored(session_of)
    _, second = await stored(session_of, SECOND, vault=vault)
    await edit(f"UPDATE keys.vault_keys SET {flipped('2 - version')}", vault)
    ring = keyring()
    async with session_of(vault) as session:
        cipher = await ring.cipher(session, vault, SECOND)
    # Then values of the newer key can be opened, and values of the older key raise an alarm
    assert cipher.open(second.seal(b"2", b""), b"") == b"2"
    with pytest.raises(WrongKey) as caught:
        cipher.open(first.seal(b"1", b""), b"")
    assert caught.value.ids["key_version"] == "1"
    # And no restart is needed once the row is restored
    await edit(f"UPDATE keys.vault_keys SET {flipped('2 - version')}", vault)
    async with session_of(vault) as session:
        assert (await ring.cipher(session, vault, SECOND)).open(first.seal(b"1", b""), b"") == b"1"


async def test_a_damaged_newest_key_stops_the_vault(session_of: Sessions, edit: Callable[..., Awaitable[None]]) -> None:
    """Otherwise the vault would seal with the previous key, which has reached its limit."""
    vault, _ = await stored(session_of, FIRST, SECOND)
    await edit(f"UPDATE keys.vault_keys SET {flipped('version - 1')}", vault)
    async with session_of(vault) as session:
        with pytest.raises(WrongKey):
            await keyring().cipher(session, vault, FIRST)


async def test_a_key_is_rotated_after_so_many_revisions(session_of: Sessions) -> None:
    _, cipher = await stored(session_of)
    ring = keyring(rotate_after=5)
    assert [ring.must_rotate(cipher, VaultRevision(revision)) for revision in (10, 14, 15, 16)] == [
        False,
        False,
        True,
        True,
    ]


@pytest.mark.parametrize("rotate_after", [0, 2**30 + 1])
def test_a_key_is_never_used_for_too_many_seals(rotate_after: int) -> None:
    with pytest.raises(ValueError, match="rotated after"):
        keyring(rotate_after=rotate_after)


class Lending(RootKeyring):
    """Its keys must be unwrapped again after a time, as those of a remote provider. `refuses` says that it does not."""

    refuses = False

    def expires(self, root_key_id: str) -> bool:
        return True

    async def unwrap(self, root_key_id: str, wrapped: bytes, additional: bytes) -> bytes:
        if self.refuses:
            raise RootKeyUnavailable(root_key_id, Reason.UNREACHABLE)
        return await super().unwrap(root_key_id, wrapped, additional)


@pytest.fixture
async def lent(session_of: Sessions) -> AsyncGenerator[tuple[Keyring, Lending, VaultId, Clock]]:
    """A keyring that has opened a vault with keys for a hundred seconds."""
    provider, clock, vault = Lending.parse(RootKeyring.generate_entry("lent")), Clock(), new_vault()
    ring = Keyring(provider, 2**24, cache_seconds=100, clock=clock)
    async with session_of(vault) as session:
        await ring.create(session, vault, FIRST, VaultRevision(1))
        await session.commit()
    async with session_of(vault) as session:
        await ring.cipher(session, vault, FIRST)
    yield ring, provider, vault, clock
    await ring.aclose()


async def test_a_lent_key_is_used_until_its_time_is_over(
    lent: tuple[Keyring, Lending, VaultId, Clock], session_of: Sessions
) -> None:
    ring, provider, vault, clock = lent
    first = ring.newest(vault)
    assert first is not None
    assert "expires_at" in repr(first.lease)
    clock.move(60)
    assert ring.at_hand(vault, FIRST) is ring.newest(vault) is first
    assert not ring._renewals

    clock.move(50)
    assert ring.at_hand(vault, FIRST) is ring.newest(vault) is None
    assert ring.expired() == [vault]
    provider.refuses = True
    async with session_of(vault) as session:
        with pytest.raises(RootKeyUnavailable):
            await ring.cipher(session, vault, FIRST)
    provider.refuses = False
    async with session_of(vault) as session:
        assert await ring.cipher(session, vault, FIRST) is first
    assert ring.newest(vault) is first
    assert ring.expired() == []


async def test_a_renewal_that_fails_is_tried_again_and_does_not_extend_the_time(
    lent: tuple[Keyring, Lending, VaultId, Clock], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def another(*_: object) -> bytes:
        return bytes(32)

    ring, provider, vault, clock = lent
    cipher = ring.newest(vault)
    assert cipher is not None
    clock.move(75)
    for failing in ("refuses", "answers with another key", "answers"):
        provider.refuses = failing == "refuses"
        if failing == "answers with another key":
            monkeypatch.setattr(provider, "unwrap", another)
        elif failing == "answers":
            monkeypatch.undo()
        assert ring.at_hand(vault, FIRST) is ring.at_hand(vault, FIRST) is cipher
        assert len(ring._renewals) == 1
        await asyncio.gather(*ring._renewals)
        if failing != "answers":
            assert ring.at_hand(vault, FIRST) is cipher
            assert not ring._renewals  # not at once
        clock.move(6)

    clock.move(60)
    assert ring.newest(vault) is cipher
    clock.move(40)
    assert ring.newest(vault) is None


async def test_a_renewal_ends_with_the_process(lent: tuple[Keyring, Lending, VaultId, Clock]) -> None:
    ring, _, vault, clock = lent
    clock.move(75)
    ring.at_hand(vault, FIRST)
    [renewal] = ring._renewals

    await ring.aclose()

    assert renewal.cancelled()


async def test_the_given_root_key_wraps_a_new_key(session_of: Sessions) -> None:
    provider, vault = (
        RootKeyring.parse(f"{RootKeyring.generate_entry('a')},{RootKeyring.generate_entry('b')}"),
        new_vault(),
    )
    async with session_of(vault) as session:
        await keyring(provider).create(session, vault, FIRST, VaultRevision(1), root_key_id="b")
        await session.commit()
    async with session_of(vault) as session:
        assert (await keyring(provider).cipher(session, vault, FIRST)).wrap.root_key_id == "b"
