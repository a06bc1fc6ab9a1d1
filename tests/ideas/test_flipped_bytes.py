"""Changing, removing or adding any byte of a ciphertext is detected."""

from collections.abc import Callable

import asyncpg
import pytest

from tests.factories import Creator
from tests.ideas.tampering import PRIVATE, SEALED, Attacker, assert_refused, assert_unaffected
from tests.logs import Logs

pytestmark = pytest.mark.no_cover


@pytest.fixture
def attacker(database: asyncpg.Connection) -> Attacker:
    return Attacker(database)


@pytest.mark.parametrize("column", SEALED)
async def test_every_flipped_byte(ada: Creator, attacker: Attacker, logs: Logs, column: str) -> None:
    idea, beside = await ada.idea(**PRIVATE), await ada.idea(**PRIVATE)
    whole = await attacker.column(idea, column)

    for position in range(len(whole)):
        flipped = bytearray(whole)
        flipped[position] ^= 1 << position % 8
        await attacker.set(idea, **{column: bytes(flipped)})
        answer = await ada.get(idea)
        assert answer.status_code == 500, f"byte {position} of {len(whole)}"

    assert len(logs.named("alarm")) == len(whole)
    await assert_unaffected(ada, beside)
    await attacker.set(idea, **{column: whole})
    await assert_unaffected(ada, idea)


@pytest.mark.parametrize("column", SEALED)
@pytest.mark.parametrize(
    "cut",
    [lambda _: b"", lambda whole: whole[:1], lambda whole: whole[:-1], lambda whole: whole + b"\0", lambda w: w + w],
    ids=["empty", "one byte", "cut", "longer", "twice"],
)
async def test_another_length(
    ada: Creator, attacker: Attacker, logs: Logs, column: str, cut: Callable[[bytes], bytes]
) -> None:
    idea = await ada.idea(**PRIVATE)

    await attacker.set(idea, **{column: cut(await attacker.column(idea, column))})

    await assert_refused(ada, idea, logs)
