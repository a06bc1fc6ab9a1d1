"""Ciphertext that was moved to another place in the database does not open."""

from itertools import permutations

import asyncpg
import pytest

from tests.application import House
from tests.factories import Creator
from tests.ideas.tampering import PRIVATE, SEALED, Attacker, assert_refused, assert_unaffected
from tests.logs import Logs

pytestmark = pytest.mark.no_cover

type Who = tuple[dict[str, str], str]

ORGANIZATION = {"org_id": "acme", "org_role": "member"}
ANOTHER_VAULT = pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        pytest.param(({}, "ada"), ({}, "bob"), id="another tenant and user"),
        pytest.param((ORGANIZATION, "ada"), (ORGANIZATION, "bob"), id="another user of one tenant"),
        pytest.param(({}, "ada"), (ORGANIZATION, "ada"), id="another tenant of one user"),
    ],
)


@pytest.fixture
def attacker(database: asyncpg.Connection) -> Attacker:
    return Attacker(database)


@pytest.mark.parametrize("column", SEALED)
async def test_across_rows(ada: Creator, attacker: Attacker, logs: Logs, column: str) -> None:
    first, second = await ada.idea(**PRIVATE), await ada.idea(**PRIVATE)

    await attacker.set(first, **{column: await attacker.column(second, column)})

    await assert_refused(ada, first, logs)
    await assert_unaffected(ada, second)


@pytest.mark.parametrize(("column", "other"), tuple(permutations(SEALED, 2)))
async def test_across_columns(ada: Creator, attacker: Attacker, logs: Logs, column: str, other: str) -> None:
    idea, beside = await ada.idea(**PRIVATE), await ada.idea(**PRIVATE)

    await attacker.set(idea, **{column: await attacker.column(idea, other)})

    await assert_refused(ada, idea, logs)
    await assert_unaffected(ada, beside)


@pytest.mark.parametrize("column", SEALED)
async def test_across_revisions(ada: Creator, attacker: Attacker, logs: Logs, column: str) -> None:
    idea, beside = await ada.idea(**PRIVATE), await ada.idea(**PRIVATE)
    former = await attacker.column(idea, column)
    await ada.patch(idea, {"title": "t", "notes": "n", "tags": ["u"]})

    await attacker.set(idea, **{column: former})

    await assert_refused(ada, idea, logs)
    await assert_unaffected(ada, beside)


async def test_all_three_across_revisions(ada: Creator, attacker: Attacker, logs: Logs) -> None:
    idea = await ada.idea(**PRIVATE)
    former = {column: await attacker.column(idea, column) for column in SEALED}
    await ada.patch(idea, {"notes": "n"})

    await attacker.set(idea, **former)

    await assert_refused(ada, idea, logs)


@pytest.mark.parametrize("column", SEALED)
@ANOTHER_VAULT
async def test_across_vaults(house: House, attacker: Attacker, logs: Logs, column: str, mine: Who, theirs: Who) -> None:
    suffix = house.creator().user_id
    ada, bob = (house.creator(f"{name}-{suffix}", claims) for claims, name in (mine, theirs))
    idea, foreign, beside = await ada.idea(**PRIVATE), await bob.idea(**PRIVATE), await ada.idea(**PRIVATE)

    await attacker.set(idea, **{column: await attacker.column(foreign, column)})

    await assert_refused(ada, idea, logs)
    await assert_unaffected(ada, beside)
    await assert_unaffected(bob, foreign)


@ANOTHER_VAULT
async def test_a_whole_row_in_another_vault(
    house: House, attacker: Attacker, logs: Logs, mine: Who, theirs: Who
) -> None:
    suffix = house.creator().user_id
    ada, bob = (house.creator(f"{name}-{suffix}", claims) for claims, name in (mine, theirs))
    idea, theirs_idea = await ada.idea(**PRIVATE), await bob.idea(**PRIVATE)

    await attacker.move(idea, to=theirs_idea)

    await assert_refused(bob, idea, logs)
    await assert_unaffected(bob, theirs_idea)
