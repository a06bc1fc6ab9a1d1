"""The contract of root-key providers: the same tests for the keyring, Transit and AWS KMS."""

import os

import pytest

from creatorvault.crypto.errors import LostKey, Reason, RootKeyUnavailable, Tampered, WrongKey
from creatorvault.crypto.providers.protocol import KeyState
from tests.crypto.providers.engines import FAILURES, Engine

KEY = os.urandom(32)
HERE = b"here"

SERVER_FAILURES = [failure for failure in FAILURES if failure not in {"timeout", "disabled", "pending_deletion"}]


async def test_a_wrapped_key_can_be_unwrapped(engine: Engine) -> None:
    root_key_id, wrapped = await engine.provider.wrap(KEY, HERE)

    assert root_key_id == engine.root_key_id
    assert KEY not in wrapped
    assert await engine.provider.unwrap(root_key_id, wrapped, HERE) == KEY
    assert (await engine.provider.wrap(KEY, HERE))[1] != wrapped


async def test_a_root_key_can_be_asked_for(engine: Engine) -> None:
    newer = engine.rotate()

    assert (await engine.provider.wrap(KEY, HERE))[0] == newer
    assert (await engine.provider.wrap(KEY, HERE, engine.root_key_id))[0] == engine.root_key_id


async def test_a_wrap_is_bound_to_its_context(engine: Engine) -> None:
    wrapped = await engine.provider.wrap(KEY, HERE)

    for other in (b"", b"here ", b"there"):
        with pytest.raises(WrongKey) as caught:
            await engine.provider.unwrap(*wrapped, other)
        assert caught.value.ids == {"root_key_id": engine.root_key_id}


async def test_no_bit_of_a_wrap_can_be_changed(engine: Engine) -> None:
    root_key_id, wrapped = await engine.provider.wrap(KEY, HERE)

    for place in range(len(wrapped)):
        changed = bytearray(wrapped)
        changed[place] ^= 1 << place % 8
        with pytest.raises((Tampered, WrongKey)):
            await engine.provider.unwrap(root_key_id, bytes(changed), HERE)


async def test_no_part_of_a_wrap_can_be_missing_or_added(engine: Engine) -> None:
    root_key_id, wrapped = await engine.provider.wrap(KEY, HERE)

    for changed in (b"", wrapped[:1], wrapped[:18], wrapped[:20], wrapped[:-1], wrapped + b"\0", wrapped[:2] * 40):
        with pytest.raises((Tampered, WrongKey)):
            await engine.provider.unwrap(root_key_id, changed, HERE)


async def test_old_wraps_open_after_a_rotation(engine: Engine) -> None:
    old = await engine.provider.wrap(KEY, HERE)
    for _ in range(2):
        engine.rotate()
    new = await engine.provider.wrap(KEY, HERE)

    assert new != old
    for wrapped in (old, new):
        assert await engine.provider.unwrap(*wrapped, HERE) == KEY


@pytest.mark.parametrize("failure", SERVER_FAILURES)
async def test_a_provider_that_fails_makes_the_key_unavailable_until_it_is_back(engine: Engine, failure: str) -> None:
    wrapped = await engine.provider.wrap(KEY, HERE)
    engine.break_(failure)
    reason = engine.expected[failure]

    if reason is None:
        assert await engine.provider.unwrap(*wrapped, HERE) == KEY
        return
    for act in (lambda: engine.provider.unwrap(*wrapped, HERE), lambda: engine.provider.wrap(KEY, HERE)):
        with pytest.raises(RootKeyUnavailable) as caught:
            await act()
        error = caught.value
        assert (error.root_key_id, error.reason) == (engine.root_key_id, reason)
        assert int(error.headers()["Retry-After"]) >= 1
        assert error.detail == "The service is temporarily unavailable"
        assert error.__cause__ is None
        assert error.__context__ is None or error.__suppress_context__  # it might contain a key


async def test_a_provider_that_is_slow_makes_the_key_unavailable(engine: Engine) -> None:
    wrapped = await engine.provider.wrap(KEY, HERE)
    impatient = engine.impatient()

    if engine.expected["timeout"] is None:
        assert await impatient.unwrap(*wrapped, HERE) == KEY
        return
    with pytest.raises(RootKeyUnavailable) as caught:
        await impatient.unwrap(*wrapped, HERE)
    assert caught.value.reason is Reason.TIMEOUT
    await impatient.aclose()


@pytest.mark.parametrize("state", ["disabled", "pending_deletion"])
async def test_a_key_that_was_taken_away_is_unavailable(engine: Engine, state: str) -> None:
    wrapped = await engine.provider.wrap(KEY, HERE)
    if state == "disabled":
        engine.disable()
    else:
        engine.schedule_deletion()

    reason = engine.expected[state]
    if reason is None:
        assert await engine.provider.unwrap(*wrapped, HERE) == KEY
        return
    with pytest.raises(RootKeyUnavailable) as caught:
        await engine.provider.unwrap(*wrapped, HERE)
    assert caught.value.reason is reason
    assert caught.value.retry_after == 30


async def test_a_deleted_key_is_lost_and_is_not_made_again(engine: Engine) -> None:
    wrapped = await engine.provider.wrap(KEY, HERE)
    engine.delete()

    for act in (
        lambda: engine.provider.unwrap(*wrapped, HERE),
        lambda: engine.provider.wrap(KEY, HERE, engine.root_key_id),
        lambda: engine.provider.unwrap(*wrapped, HERE),
    ):
        with pytest.raises(LostKey) as caught:
            await act()
        assert caught.value.ids == {"root_key_id": engine.root_key_id}


async def test_a_provider_that_answers_with_another_key_is_noticed(engine: Engine) -> None:
    wrapped = await engine.provider.wrap(KEY, HERE)
    engine.answer_with_another_key()

    with pytest.raises(WrongKey):
        await engine.provider.unwrap(*wrapped, HERE)


async def test_a_wrap_of_another_provider_is_tampered_with(engine: Engine) -> None:
    _, wrapped = await engine.provider.wrap(KEY, HERE)

    for algorithm in {1, 2, 3, 4} - {wrapped[1]}:
        with pytest.raises(Tampered):
            await engine.provider.unwrap(engine.root_key_id, wrapped[:1] + bytes((algorithm,)) + wrapped[2:], HERE)


async def test_a_root_key_is_described(engine: Engine) -> None:
    [key] = await engine.provider.describe([engine.root_key_id])

    assert (key.id, key.state, key.reason) == (engine.root_key_id, KeyState.ENABLED, None)
    if engine.provider.expires(engine.root_key_id):
        assert key.created_at is not None
        assert key.created_at.tzinfo is not None


async def test_a_root_key_that_was_taken_away_is_described(engine: Engine) -> None:
    engine.disable()
    [disabled] = await engine.provider.describe([engine.root_key_id])
    engine.schedule_deletion()
    [going] = await engine.provider.describe([engine.root_key_id])
    engine.delete()
    described = {key.id: key.state for key in await engine.provider.describe([engine.root_key_id])}

    assert disabled.state is engine.after_disabling
    if engine.expected["pending_deletion"] is not None:
        assert going.state is KeyState.PENDING_DELETION
    assert described[engine.root_key_id] is KeyState.MISSING


async def test_health_is_asked_of_the_provider(engine: Engine) -> None:
    [sound] = await engine.provider.health()
    engine.break_("away")
    [health] = await engine.provider.health()
    [key] = await engine.provider.describe([engine.root_key_id])

    assert sound.is_usable
    assert (health.reason, key.reason) == (engine.expected["away"], engine.expected["away"])
    assert (key.state is KeyState.UNKNOWN) == (health.reason is not None)
