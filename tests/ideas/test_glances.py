"""What is read at a glance is what a snapshot shows; and what a glance does not find has not to be missing."""

import asyncio
from datetime import UTC, datetime
from itertools import product
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest
from msgspec.structs import replace

from creatorvault.core.database.statements import Statements
from creatorvault.core.errors import ServiceUnavailable
from creatorvault.core.identifiers import UserId, VaultId
from creatorvault.core.waiting.deadlines import RequestDeadline, current_wait_budget
from creatorvault.core.waiting.event_loop_budget import TimeSlice
from creatorvault.ideas.lists.cursors import place_of
from creatorvault.ideas.lists.pages import IdeaPage
from creatorvault.ideas.repositories import IdeaRepository
from creatorvault.ideas.schemas import IdeaQuery, IdeaResponse
from creatorvault.ideas.search.ordering import Place
from creatorvault.ideas.services import IdeaReadingService
from creatorvault.ideas.statements.reads import IdeaGlances
from creatorvault.ideas.statements.reads import _page as glanced_page
from creatorvault.settings.secret import Secret
from creatorvault.settings.sections import DatabaseSettings, Settings
from creatorvault.tenants.models import TenantKind
from creatorvault.tenants.repositories import VaultRepository
from creatorvault.tenants.resolution import TenantName
from creatorvault.tenants.services import OpenVault
from creatorvault.tenants.statements.vault import VaultGlances
from tests.application import House
from tests.factories import Creator
from tests.ideas.plans import nodes_of

IDEAS = [
    {"title": f"Idea {number}", "stage": stage, "priority": priority, "tags": ["even"] if number % 2 else []}
    for number, (stage, priority) in enumerate(product(("idea", "draft", "published"), ("low", "high")))
]
FIRST_MOMENT, LAST_MOMENT = "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"


def vault_of(creator: Creator) -> VaultId:
    tenant = TenantName(TenantKind.PERSONAL, "better-auth", creator.user_id)
    return VaultId(tenant.id, UserId(creator.user_id))


def glances_of(house: House, vault: VaultId) -> IdeaGlances:
    state = house.parts
    return IdeaGlances(VaultGlances(state.statements, vault, state.keyring, state.revisions), state.search_cache)


async def page_from_snapshot(house: House, vault: VaultId, query: IdeaQuery) -> IdeaPage:
    state = house.parts
    async with state.database.reading() as session:
        seen = await VaultRepository(session, vault).enter()
        assert seen.revision is not None
        assert seen.idea_count is not None
        assert seen.key_version is not None
        cipher = await state.keyring.cipher(session, vault, seen.key_version)
        opened = OpenVault(vault, seen.revision, seen.idea_count, cipher)
        return await IdeaReadingService(IdeaRepository(session, vault), opened, state.search_cache).page(
            query, TimeSlice()
        )


@pytest.fixture
async def filled(ada: Creator) -> Creator:
    for idea in IDEAS:
        await ada.post(idea)
    for due_date in (FIRST_MOMENT, LAST_MOMENT, "2026-03-01T12:00:00+02:00"):
        await ada.post({"title": "Due", "due_date": due_date})
    await ada.list()
    return ada


@pytest.mark.parametrize("sort", ["created_at", "updated_at", "stage", "priority"])
@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize(
    "filters", [{}, {"stage": ["draft"]}, {"priority": ["low", "high"]}, {"stage": ["idea"], "priority": ["medium"]}]
)
async def test_a_page_at_a_glance_is_the_page_of_a_snapshot(
    house: House, filled: Creator, sort: str, order: str, filters: dict[str, list[str]]
) -> None:
    vault = vault_of(filled)
    for limit, offset in ((20, 0), (2, 1), (1, 0)):
        query = IdeaQuery.model_validate({"sort": sort, "order": order, "limit": limit, "offset": offset, **filters})

        seen = await glances_of(house, vault).page(query, TimeSlice())

        assert seen is not None
        assert seen == await page_from_snapshot(house, vault, query)


@pytest.mark.parametrize("sort", ["created_at", "updated_at", "stage", "priority", "title"])
@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("filters", [{}, {"priority": ["low", "high"]}, {"search": "idea"}])
async def test_a_page_by_cursor_at_a_glance_is_the_page_of_a_snapshot(
    house: House, filled: Creator, sort: str, order: str, filters: dict[str, object]
) -> None:
    vault = vault_of(filled)
    cursor: str | None = ""
    while cursor is not None:
        asked = {"sort": sort, "order": order, "limit": 4, "cursor": cursor, **filters}
        query = IdeaQuery.model_validate(asked)

        from_snapshot = await page_from_snapshot(house, vault, query)
        seen = await glances_of(house, vault).page(query, TimeSlice())

        assert seen is not None
        # A cursor is sealed anew each time: what they have to agree on is the place.
        assert read(house, vault, asked, seen) == read(house, vault, asked, from_snapshot)
        assert isinstance(seen.next_cursor, str | None)
        cursor = seen.next_cursor


def read(house: House, vault: VaultId, asked: dict[str, object], page: IdeaPage) -> tuple[IdeaPage, Place | None]:
    query = IdeaQuery.model_validate(asked | {"cursor": page.next_cursor})
    return page._replace(next_cursor=None), place_of(query, house.parts.keyring.newest(vault))


@pytest.mark.parametrize("question", [{"search": "due"}, {"tags": "even"}, {"sort": "title", "order": "asc"}])
async def test_content_is_found_at_a_glance_once_the_corpus_is_there(
    house: House, filled: Creator, question: dict[str, str]
) -> None:
    vault, query = vault_of(filled), IdeaQuery.model_validate(question)
    statements = glances_of(house, vault)

    before = await statements.page(query, TimeSlice())
    from_snapshot = await page_from_snapshot(house, vault, query)

    assert before is None
    assert await statements.page(query, TimeSlice()) == from_snapshot

    await filled.post({"title": "Due later", "tags": ["even"]})
    assert await statements.page(query, TimeSlice()) is None


async def test_one_idea_at_a_glance_is_the_idea_that_was_stored(house: House, filled: Creator) -> None:
    for stored in (await filled.list()).json()["items"]:
        seen = await glances_of(house, vault_of(filled)).get(UUID(stored["id"]))

        assert seen is not None
        assert msgspec.to_builtins(seen.idea) == stored


async def test_times_at_the_ends_of_time_are_read_in_utc(house: House, filled: Creator) -> None:
    page = await glances_of(house, vault_of(filled)).page(IdeaQuery(), TimeSlice())

    assert page is not None
    assert {datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)} <= {
        msgspec.json.decode(item, type=IdeaResponse).due_date for item in page.items
    }


async def test_a_glance_sees_nothing_of_another_creator(house: House, filled: Creator) -> None:
    eve = house.creator()
    await eve.post({"title": "Hers"})
    [idea, *_] = (await filled.list()).json()["items"]

    assert await glances_of(house, vault_of(eve)).get(UUID(idea["id"])) is None
    assert (await eve.get(idea["id"])).status_code == 404


async def test_the_plain_way_is_gone_where_a_glance_does_not_do(house: House, ada: Creator) -> None:
    vault = vault_of(ada)
    nothing_stored = await glances_of(house, vault).page(IdeaQuery(), TimeSlice())
    await ada.post({"title": "One"})
    state = house.parts
    state.keyring.forget(vault)
    no_key_at_hand = await glances_of(house, vault).page(IdeaQuery(), TimeSlice())

    listed = await ada.list()

    assert nothing_stored is None
    assert no_key_at_hand is None
    assert listed.json()["total"] == 1
    assert await glances_of(house, vault).get(uuid4()) is None
    assert await glances_of(house, vault).page(IdeaQuery(offset=1), TimeSlice()) is None


async def test_the_context_of_a_glance_ends_with_it(house: House, filled: Creator) -> None:
    await glances_of(house, vault_of(filled)).page(IdeaQuery(), TimeSlice())

    [[left]] = await house.parts.statements.rows("SELECT current_setting('app.tenant_id', true)")
    [[visible]] = await house.parts.statements.rows("SELECT count(*) FROM ideas")

    assert not left
    assert visible == 0


async def test_a_glance_that_takes_too_long_is_ended_on_the_server(house: House) -> None:
    statements = Statements(brief(house))
    with pytest.raises(ServiceUnavailable):
        await statements.rows("SELECT pg_sleep(60)")
    for _ in range(50):
        [[running]] = await statements.rows(
            "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)' AND state = 'active'"
        )
        if not running:
            break
        await asyncio.sleep(0.05)
    await statements.close()
    assert running == 0


async def test_no_place_is_waited_for_longer_than_is_set(house: House) -> None:
    statements = Statements(brief(house))
    slow = asyncio.create_task(statements.rows("SELECT pg_sleep(0.2)"))
    await asyncio.sleep(0)
    with pytest.raises(ServiceUnavailable):
        await statements.rows("SELECT 1")
    await slow
    await statements.close()


async def test_who_finds_no_place_closes_nobody_elses_connection(house: House) -> None:
    statements = Statements(brief(house))
    [[before]] = await statements.rows("SELECT pg_backend_pid()")
    await statements._places.acquire()
    with pytest.raises(ServiceUnavailable):
        await statements.rows("SELECT 1")
    statements._places.release()

    [[after]] = await statements.rows("SELECT pg_backend_pid()")
    await statements.close()
    assert before == after


async def test_who_is_too_late_to_ask_leaves_the_connection_to_others(house: House) -> None:
    statements = Statements(brief(house))
    [[before]] = await statements.rows("SELECT pg_backend_pid()")
    with RequestDeadline():
        current_wait_budget()._waited = 3600
        with pytest.raises(ServiceUnavailable):
            await statements.rows("SELECT 1")

    [[after]] = await statements.rows("SELECT pg_backend_pid()")
    await statements.close()
    assert before == after


async def test_a_connection_that_the_server_closed_is_replaced(house: House, database: asyncpg.Connection) -> None:
    statements = Statements(brief(house))
    [[pid]] = await statements.rows("SELECT pg_backend_pid()")
    await database.fetchval("SELECT pg_terminate_backend($1, 5000)", pid)
    await asyncio.sleep(0.1)
    [[answer]] = await statements.rows("SELECT 1")
    await statements.close()
    assert answer == 1


def brief(house: House) -> DatabaseSettings:
    url = house.database.runtime_url.replace("postgresql:", "postgresql+asyncpg:")
    return DatabaseSettings(url=Secret(url), pool_size=1, pool_wait_seconds=0.1, statement_seconds=0.5)


async def test_behind_a_proxy_without_prepared_statements_a_glance_is_a_transaction(settings: Settings) -> None:
    """A proxy that pools transactions would otherwise change the server's connection between parsing and running."""
    seen = []
    for prepared in (True, False):
        statements = Statements(replace(settings.database, prepared_statements=prepared))
        seen.append(await statements.rows("SELECT current_setting('transaction_read_only'), $1::int", 1))
        with pytest.raises(asyncpg.DivisionByZeroError):
            await statements.rows("SELECT 1 / $1::int", 0)
        seen.append(await statements.rows("SELECT current_setting('transaction_read_only'), $1::int", 2))
        await statements.close()

    assert [tuple(rows[0]) for rows in seen] == [("off", 1), ("off", 2), ("on", 1), ("on", 2)]


async def test_the_matches_of_a_filter_are_counted_once_and_not_for_each_row(house: House, filled: Creator) -> None:
    vault = vault_of(filled)
    statement = glanced_page("created_at", "desc", filtered=True, beyond=False)
    arguments = (str(vault.tenant_id), vault.user_id, 5, 0, [0, 2], [0, 1, 2])

    assert len(await house.parts.statements.rows(statement, *arguments)) == 5
    [[plan]] = await house.parts.statements.rows(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", *arguments)

    counts = [node for node in nodes_of(plan) if node["Node Type"] == "Aggregate"]
    assert [node["Actual Loops"] for node in counts] == [1]
