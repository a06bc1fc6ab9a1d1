"""Changes of one vault that arrive together are committed together, and none depends on another."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from random import Random
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from creatorvault.core.database.statements import Change, Statements
from creatorvault.core.errors import ServiceUnavailable
from creatorvault.core.identifiers import TenantId, UserId, VaultId
from creatorvault.core.waiting.deadlines import RequestDeadline
from creatorvault.sync.events.notices import NOTIFY
from creatorvault.tenants.group_commits import AT_ONCE, GroupCommits
from tests.application import PATIENT, House
from tests.factories import Creator
from tests.ways import vault_of

type HouseWith = Callable[..., Awaitable[House]]

WRITERS = 16


class Sent:
    """What was sent alone, and how many changes were sent together."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.alone = 0
        self.together: list[int] = []
        changed, changed_together = Statements.changed, Statements.changed_together

        def one(statements: Statements, statement: str, *arguments: object) -> Any:
            self.alone += statement != NOTIFY
            return changed(statements, statement, *arguments)

        def many(statements: Statements, changes: Sequence[Change]) -> Any:
            self.together.append(len(changes))
            return changed_together(statements, changes)

        patch.setattr(Statements, "changed", one)
        patch.setattr(Statements, "changed_together", many)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    return Sent(monkeypatch)


async def test_a_change_that_meets_no_other_is_one_statement(ada: Creator, sent: Sent) -> None:
    await ada.idea("First")  # makes the vault
    sent.alone = 0

    await ada.idea("Second")
    await ada.idea("Third")

    assert (sent.alone, sent.together) == (2, [])


async def test_changes_that_arrive_together_are_committed_together(house: House, ada: Creator, sent: Sent) -> None:
    ideas = [await ada.idea(f"Idea {number}") for number in range(WRITERS)]
    sent.alone = 0

    answers = await asyncio.gather(*(ada.patch(idea, {"title": f"{idea['title']} again"}) for idea in ideas))

    assert [answer.status_code for answer in answers] == [200] * WRITERS
    assert sum(sent.together) + sent.alone == WRITERS
    assert sent.together
    assert sorted(await ada.titles({"limit": 100})) == sorted(f"Idea {number} again" for number in range(WRITERS))
    revisions = {answer.headers["ETag"] for answer in answers}
    assert len(revisions) == WRITERS
    assert len(house.parts.vaults.group_commits) == 0


async def test_creates_patches_and_deletions_of_one_vault_at_once(ada: Creator, sent: Sent) -> None:
    ideas = [await ada.idea(f"Idea {number}") for number in range(WRITERS)]
    changes = [
        *(ada.idea(f"New {number}") for number in range(WRITERS)),
        *(ada.patch(idea, {"notes": "changed"}) for idea in ideas[: WRITERS // 2]),
        *(ada.delete(idea) for idea in ideas[WRITERS // 2 :]),
    ]

    await asyncio.gather(*changes)

    page = (await ada.list({"limit": 100})).json()
    assert page["total"] == len(page["items"]) == WRITERS + WRITERS // 2
    assert sum(idea["notes"] == "changed" for idea in page["items"]) == WRITERS // 2
    assert max(sent.together) > 1


async def test_a_change_that_a_quota_does_not_allow_is_told_from_the_others(house_with: HouseWith, sent: Sent) -> None:
    """It changes nothing, which is no error of the database: the others of its transaction are stored."""
    house = await house_with(CREATORVAULT_TENANCY__VAULT_IDEA_QUOTA="5")
    ada = house.creator()
    idea = await ada.idea("First")

    answers = await asyncio.gather(
        *(ada.post({"title": f"New {number}"}) for number in range(WRITERS)), ada.patch(idea, {"title": "Changed"})
    )

    assert [answer.status_code for answer in answers].count(201) == 4
    assert answers[-1].status_code == 200
    stored = {answer.json()["title"] for answer in answers if answer.is_success}
    assert set(await ada.titles({"limit": 100})) == stored
    assert max(sent.together) > 1


async def test_changes_of_the_same_idea_follow_each_other(ada: Creator) -> None:
    idea = await ada.idea("First", notes="0")
    answers = await asyncio.gather(*(ada.patch(idea, {"title": f"Title {number}"}) for number in range(WRITERS)))

    assert {answer.status_code for answer in answers} == {200}
    last = (await ada.get(idea)).json()
    assert last["title"] in {f"Title {number}" for number in range(WRITERS)}


async def test_a_change_that_the_database_refuses_spoils_no_other(
    house_with: HouseWith, database: asyncpg.Connection
) -> None:
    """Another process has deleted one of the ideas between its read and its change."""
    house = await house_with(**PATIENT)
    ada = house.creator()
    ideas = [await ada.idea(f"Idea {number}") for number in range(WRITERS)]
    vault = vault_of(ada)
    held = database.transaction()
    await held.start()
    await database.execute("SELECT FROM vaults WHERE tenant_id = $1 AND user_id = $2 FOR UPDATE", *vault)
    changes = [asyncio.create_task(ada.patch(idea, {"title": "Changed"})) for idea in ideas]
    async with asyncio.timeout(60):
        while len(house.parts.vaults.group_commits._waiting.get(vault, ())) < WRITERS - 1:  # noqa: ASYNC110  # it tells nobody
            await asyncio.sleep(0.01)
    await database.execute("DELETE FROM ideas WHERE id = $1", ideas[5]["id"])
    await database.execute(
        "UPDATE vaults SET idea_count = idea_count - 1, revision = revision + 1,"
        " digest = digest # (SELECT coalesce(bit_xor(stamp), 0) FROM ideas WHERE tenant_id = $1 AND user_id = $2)"
        " # digest WHERE tenant_id = $1 AND user_id = $2",
        *vault,
    )
    await held.commit()

    statuses = [answer.status_code for answer in await asyncio.gather(*changes)]
    assert statuses[5] == 404
    assert [status for number, status in enumerate(statuses) if number != 5] == [200] * (WRITERS - 1)


@pytest.fixture
async def commits(house: House) -> AsyncGenerator[GroupCommits]:
    commits = GroupCommits(house.parts.vaults.statements)
    yield commits
    await commits.aclose()
    assert len(commits) == 0


VAULT = VaultId(TenantId(UUID(int=1)), UserId("somebody"))
TENANT = str(VAULT.tenant_id)
ECHO = "SELECT $2::text, pg_sleep($3::float8), $1::text"
LATE_FAILURE = "SELECT pg_sleep($3::float8), 1 / (random() * $2::text::integer)::integer, $1::text"
FAIL = "SELECT 1 / $2::integer, $1::text"


async def test_what_arrives_meanwhile_is_sent_in_groups_of_limited_size(commits: GroupCommits, sent: Sent) -> None:
    first = asyncio.create_task(commits.changed(VAULT, ECHO, TENANT, "first", 0.2))
    await asyncio.sleep(0.05)
    names = [str(number) for number in range(AT_ONCE + 2)]
    others = [asyncio.create_task(commits.changed(VAULT, ECHO, TENANT, name, 0.0)) for name in names]

    rows = await asyncio.gather(first, *others)

    assert [row[0] for [row] in rows] == ["first", *names]
    assert sent.together == [AT_ONCE, 2]


async def test_each_of_several_statements_in_a_group_gets_its_own_row(commits: GroupCommits, sent: Sent) -> None:
    first = asyncio.create_task(commits.changed(VAULT, ECHO, TENANT, "first", 0.2))
    await asyncio.sleep(0.05)
    numbers = (3, 1, 2)
    asked = [pair for number in numbers for pair in ((ECHO, (str(number), 0.0)), (FAIL, (number,)))]
    others = [asyncio.create_task(commits.changed(VAULT, text, TENANT, *arguments)) for text, arguments in asked]

    rows = await asyncio.gather(*others)

    assert [row[0] for [row] in rows] == ["3", 0, "1", 1, "2", 0]
    assert sent.together == [6]
    await first


async def test_changes_of_other_vaults_do_not_wait(commits: GroupCommits) -> None:
    slow = asyncio.create_task(commits.changed(VAULT, ECHO, TENANT, "slow", 0.5))
    await asyncio.sleep(0.05)
    other = VAULT._replace(user_id=UserId("somebody else"))

    assert (await commits.changed(other, ECHO, TENANT, "quick", 0.0))[0][0] == "quick"
    assert not slow.done()
    await slow


async def test_an_error_reaches_only_the_change_that_caused_it(commits: GroupCommits) -> None:
    first = asyncio.create_task(commits.changed(VAULT, ECHO, TENANT, "first", 0.2))
    await asyncio.sleep(0.05)
    others = [
        asyncio.create_task(commits.changed(VAULT, ECHO, TENANT, "a", 0.0)),
        *(asyncio.create_task(commits.changed(VAULT, FAIL, TENANT, number)) for number in (0, 1)),
    ]

    results = await asyncio.gather(first, *others, return_exceptions=True)

    assert [type(result) for result in results].count(asyncpg.DivisionByZeroError) == 1
    assert isinstance(results[2], asyncpg.DivisionByZeroError)
    assert results[3][0][0] == 1  # type: ignore[index]  # rows


async def test_the_first_change_fails_and_the_others_go_on(commits: GroupCommits) -> None:
    first = asyncio.create_task(commits.changed(VAULT, FAIL, TENANT, 0))
    other = asyncio.create_task(commits.changed(VAULT, ECHO, TENANT, "other", 0.0))

    with pytest.raises(asyncpg.DivisionByZeroError):
        await first
    assert (await other)[0][0] == "other"


async def test_a_request_that_ends_while_it_waits_withdraws_its_change(commits: GroupCommits, sent: Sent) -> None:
    first = asyncio.create_task(commits.changed(VAULT, ECHO, TENANT, "first", 0.3))
    await asyncio.sleep(0.05)
    leaving = asyncio.create_task(commits.changed(VAULT, ECHO, TENANT, "leaving", 0.0))
    staying = asyncio.create_task(commits.changed(VAULT, ECHO, TENANT, "staying", 0.0))
    await asyncio.sleep(0.05)
    leaving.cancel()

    assert (await staying)[0][0] == "staying"
    with pytest.raises(asyncio.CancelledError):
        await leaving
    await first
    assert (sent.alone, sent.together) == (2, [])


async def test_a_request_that_ends_after_its_change_was_sent_spoils_no_other(commits: GroupCommits) -> None:
    first = asyncio.create_task(commits.changed(VAULT, ECHO, TENANT, "first", 0.1))
    await asyncio.sleep(0.05)
    leaving = asyncio.create_task(commits.changed(VAULT, ECHO, TENANT, "leaving", 0.3))
    staying = asyncio.create_task(commits.changed(VAULT, ECHO, TENANT, "staying", 0.0))
    await first
    await asyncio.sleep(0.1)
    leaving.cancel()

    assert (await staying)[0][0] == "staying"


@pytest.mark.parametrize("statement", [ECHO, LATE_FAILURE])
async def test_nobody_is_told_of_a_change_whose_request_has_ended(commits: GroupCommits, statement: str) -> None:
    first = asyncio.create_task(commits.changed(VAULT, ECHO, TENANT, "first", 0.1))
    await asyncio.sleep(0.05)
    leaving = asyncio.create_task(commits.changed(VAULT, statement, TENANT, "0", 0.4))
    await first
    await asyncio.sleep(0.1)
    leaving.cancel()

    await commits.aclose()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert len(commits) == 0


async def test_a_request_waits_no_longer_than_it_may(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    statements = house.parts.vaults.statements
    commits = GroupCommits(statements)
    first = asyncio.create_task(commits.changed(VAULT, ECHO, TENANT, "first", 0.5))
    await asyncio.sleep(0.05)
    monkeypatch.setattr(statements, "answer_seconds", 0.1)

    with RequestDeadline(), pytest.raises(ServiceUnavailable):
        await commits.changed(VAULT, ECHO, TENANT, "late", 0.0)
    await first
    await commits.aclose()


async def test_a_database_that_is_gone_fails_all_that_were_sent(
    house: House, commits: GroupCommits, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_: object) -> None:
        raise ServiceUnavailable

    first = asyncio.create_task(commits.changed(VAULT, ECHO, TENANT, "first", 0.2))
    await asyncio.sleep(0.05)
    monkeypatch.setattr(Statements, "changed_together", gone)
    others = [asyncio.create_task(commits.changed(VAULT, ECHO, TENANT, str(number), 0.0)) for number in range(3)]

    results = await asyncio.gather(*others, return_exceptions=True)
    assert [type(result) for result in results] == [ServiceUnavailable] * 3
    await first


async def test_every_change_gets_its_own_answer(house: House) -> None:
    """Some in groups and some alone, some of which fail."""
    commits = GroupCommits(house.parts.vaults.statements)
    for seed in range(20):
        chance = Random(seed)  # cases, nothing secret
        changes = [(chance.randrange(3), chance.random() < 0.2) for _ in range(chance.randrange(1, 40))]
        results = await asyncio.gather(
            *(
                commits.changed(VAULT._replace(user_id=UserId(f"user-{vault}")), FAIL, TENANT, 0 if fails else 1)
                for vault, fails in changes
            ),
            return_exceptions=True,
        )
        failed = [isinstance(result, asyncpg.DivisionByZeroError) for result in results]
        assert failed == [fails for _, fails in changes], seed
        assert all(fails or result[0][0] == 1 for fails, result in zip(failed, results, strict=True)), seed  # type: ignore[index]  # rows
    await commits.aclose()
    assert len(commits) == 0
