"""Distributed mode on one server: the same answers, with changes in transactions whose context is set by SET LOCAL.

`tests/statement_rules.py` fails a test whose statements a cluster would refuse. Against a real cluster:
CREATORVAULT_TEST_DATABASE (CONTRIBUTING.md).
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import asyncpg
import pytest

from creatorvault.apps import tenant_data
from creatorvault.core.database.tenant_context import CONTEXT_IS_SET, HIDDEN_TENANT, UNSEGMENTED_IS_SET, routed
from creatorvault.health.probes import SPREAD, Probes
from creatorvault.ideas.segments.sealing import FEWEST
from creatorvault.ideas.statements.changes import DELETE, INSERT, UPDATE
from creatorvault.management.distribution import DistributionRefused, distribute
from tests.admin.operators import tenant_of
from tests.application import House, settings_of
from tests.statement_rules import broken_rules, recorder
from tests.ways import Way, followed

type HouseWith = Callable[..., Awaitable[House]]

DISTRIBUTED: Final = {"CREATORVAULT_DATABASE__DISTRIBUTED": "true"}


@pytest.fixture
async def distributed(house_with: HouseWith) -> House:
    return await house_with(**DISTRIBUTED)


async def test_every_operation_gives_the_answer_of_one_server(distributed: House, house: House) -> None:
    """Both houses serve the same vault."""
    ada = distributed.creator()
    elsewhere = house.creator(ada.user_id)
    first = await ada.idea("First", notes="about whales", tags=["sea"])
    second = (await ada.post({"title": "Second"}, headers={"Idempotency-Key": "once"})).json()
    assert (await ada.post({"title": "Second"}, headers={"Idempotency-Key": "once"})).json() == second
    assert (await ada.patch(first, {"title": "Changed"})).status_code == 200
    assert (await ada.put(second, {"title": "Replaced"})).status_code == 200
    third = await ada.idea("Third")
    assert (await ada.delete(third)).status_code == 204
    assert (await ada.delete(third)).status_code == 404

    for query in ({}, {"search": "whales"}, {"sort": "title"}, {"tags": "sea"}, {"stage": "idea", "sort": "stage"}):
        here, there = await ada.list(query), await elsewhere.list(query)
        assert (here.status_code, here.json()) == (200, there.json()), query
        assert here.headers["ETag"] == there.headers["ETag"]
    assert (await ada.get(first)).json()["title"] == "Changed"
    assert (await ada.get(third)).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_a_change_is_still_one_statement(distributed: House, method: str) -> None:
    ada = distributed.creator()
    idea = await ada.idea()
    await ada.titles()
    with followed() as trail:
        response = await ada.request(method, ada.url_to(method, idea), json={"title": "New"})

    assert response.is_success
    assert trail.way is Way.STATEMENT


async def test_a_change_of_a_segmented_vault_deletes_the_segment(
    distributed: House, database: asyncpg.Connection
) -> None:
    ada = distributed.creator()
    ideas = [await ada.idea(f"Idea {number}") for number in range(FEWEST)]
    await ada.titles({"search": "idea"})
    await distributed.parts.segment_writer.finish()
    count = "SELECT count(*) FROM idea_segments WHERE tenant_id = $1"
    assert await database.fetchval(count, tenant_of(ada)) == 1

    await ada.patch(ideas[0], {"title": "Changed"})

    assert await database.fetchval(count, tenant_of(ada)) == 0
    assert await ada.titles({"search": "changed"}) == ["Changed"]


async def test_a_change_without_prepared_statements(house_with: HouseWith) -> None:
    house = await house_with(**DISTRIBUTED, CREATORVAULT_DATABASE__PREPARED_STATEMENTS="false")
    ada = house.creator()
    idea = await ada.idea("First")

    assert (await ada.patch(idea, {"title": "Changed"})).status_code == 200
    assert await ada.titles() == ["Changed"]


async def test_contexts_do_not_leak_to_the_next_request(distributed: House) -> None:
    creators = [distributed.creator() for _ in range(3)]
    for number, creator in enumerate(creators):
        await creator.idea(f"Idea {number}")
    for _ in range(3):
        for number, creator in enumerate(creators):
            assert await creator.titles() == [f"Idea {number}"]
            assert (await creator.list({"search": "idea"})).json()["total"] == 1


async def test_the_service_is_ready(distributed: House) -> None:
    assert (await distributed.client.get("/health/ready")).status_code == 200


async def test_readiness_reads_as_creators_of_several_nodes_do(distributed: House, environ: dict[str, str]) -> None:
    probes = Probes(settings_of(environ | DISTRIBUTED).database)
    recorder.seen.clear()
    try:
        await probes.read()
    finally:
        await probes.aclose()

    assert len(probes._tenants) == SPREAD
    assert len(recorder.seen) == 1


async def test_readiness_cancels_no_statement(environ: dict[str, str]) -> None:
    """Each one cancelled would cost its connection."""
    probes = Probes(settings_of(environ | DISTRIBUTED).database)
    try:
        await probes.read()
        async with asyncio.timeout(60):
            while probes._statements.in_use:  # noqa: ASYNC110  # nobody tells
                await asyncio.sleep(0.01)
        assert probes._statements.idle == SPREAD
    finally:
        await probes.aclose()


@pytest.mark.parametrize("statement", [INSERT, UPDATE, DELETE])
def test_forms_for_a_cluster_keep_the_rules(statement: str) -> None:
    assert broken_rules(routed(statement)) == ()
    assert broken_rules(statement), "the form for one server is another one"


@pytest.mark.parametrize("expression", [CONTEXT_IS_SET, HIDDEN_TENANT, UNSEGMENTED_IS_SET, "x = context.tenant_id"])
def test_every_expression_has_a_form_for_a_cluster(expression: str) -> None:
    assert "set_config" not in routed(expression)
    assert routed(expression) != expression


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ("SELECT id FROM ideas", "is not compared"),
        ("SELECT id FROM ideas WHERE user_id = $2", "is not compared"),
        ("SELECT id FROM ideas WHERE tenant_id = $1 OR user_id = $2", "is not compared"),
        ("SELECT id FROM ideas WHERE tenant_id = (SELECT tenant_id FROM context)", "is not compared"),
        ("SELECT id FROM ideas, vaults WHERE ideas.tenant_id = $1", "vaults is not compared"),
        ("SELECT id FROM ideas JOIN vaults ON vaults.tenant_id = ideas.tenant_id WHERE ideas.tenant_id = $1", "vaults"),
        ("SELECT 1 WHERE EXISTS (SELECT FROM keys.vault_keys WHERE user_id = $1)", "vault_keys is not compared"),
        ("WITH x AS (DELETE FROM ideas WHERE user_id = $1) SELECT 1", "ideas is not compared"),
        ("UPDATE vaults SET revision = 1 WHERE user_id = $1", "vaults is not compared"),
        ("UPDATE vaults SET user_id = gen_random_uuid()::text WHERE tenant_id = $1", "gen_random_uuid"),
        ("DELETE FROM ideas WHERE tenant_id = $1 AND set_config('a', 'b', true) = 'b'", "set_config"),
    ],
)
def test_a_statement_that_breaks_a_rule_is_detected(statement: str, rule: str) -> None:
    [broken] = broken_rules(statement)
    assert rule in broken


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1",
        "SELECT id FROM ideas WHERE tenant_id = $1::text::uuid AND (stage = 1 OR stage = 2)",
        "SELECT i.id FROM ideas AS i JOIN vaults AS v ON v.tenant_id = $1 WHERE (i.tenant_id = $1)",
        "INSERT INTO ideas (tenant_id) VALUES ($1)",
        "UPDATE vaults SET revision = 1 FROM tenants WHERE vaults.tenant_id = $1 AND tenants.tenant_id = $1",
    ],
)
def test_a_statement_that_keeps_the_rules_passes(statement: str) -> None:
    assert broken_rules(statement) == ()


async def test_a_database_without_citus_is_not_distributed(environ: dict[str, str]) -> None:
    with pytest.raises(DistributionRefused, match="no extension citus"):
        await distribute(settings_of(environ).database, tenant_data(), dry_run=True)
